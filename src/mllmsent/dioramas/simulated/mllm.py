"""A simulated multimodal model: from what it sees in a scene to the text of an answer."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from mllmsent.dioramas.causes import Feeling, feeling, polarity
from mllmsent.dioramas.describe import describe
from mllmsent.dioramas.dice import Dice
from mllmsent.dioramas.simulated import wording
from mllmsent.dioramas.simulated.asking import understand
from mllmsent.dioramas.simulated.marking import described_in, marks_for
from mllmsent.dioramas.simulated.perception import PLAIN_SIGHT, Sight, perceive
from mllmsent.dioramas.simulated.profiles import get_profile, profile_settings
from mllmsent.dioramas.simulated.verdicts import verdict_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mllmsent.dioramas.scene import Scene

__all__ = ["SIMULATION_VERSION", "SimulatedMLLM"]

SIMULATION_VERSION = "2"
"""Changes when the same question gets another answer."""

_PLEASANT = frozenset({"amusement", "awe", "contentment", "excitement"})


@dataclass(frozen=True)
class SimulatedMLLM:
    """A model that looks a diorama up and errs as its profile says.

    Attributes:
        name: Name of the profile.
    """

    name: str

    def answer(
        self,
        scene: Scene,
        text: str,
        schema: Mapping[str, Any] | None = None,
        *,
        sample: int = 0,
        sight: Sight = PLAIN_SIGHT,
    ) -> str:
        """Answer a question about a scene; the same question gets the same answer.

        Args:
            scene: What the picture shows.
            text: The question, every text of it.
            schema: JSON Schema of the wanted answer, or None.
            sample: Number of the sample, where the question is asked several times.
            sight: How the picture is seen.

        Returns:
            The answer's text, in the form that was asked for, mostly.

        Raises:
            InputError: If there is no profile of that name.
        """
        asked = understand(text, schema)
        profile = get_profile(self.name)
        dice = Dice("answer", self.name, scene.layout, text, sample)
        if dice.happens(profile.refuses):
            return wording.refusal(dice)
        # reasoning first, or reading the scene, makes a model look again
        looks_twice = asked.wants_reasons or asked.wants_scene
        seen = perceive(scene, profile, self.name, replace(sight, looks_twice=looks_twice))
        if asked.kind == "description" and not asked.wants_scene:
            return describe(seen, dice.whole(1000))
        described = described_in(text)
        if described is None:
            verdict = verdict_of(asked, self._judge(seen, text, sample), seen, dice)
        else:
            verdict = marks_for(asked, described, seen, dice, noise=profile.noise.emotion)
        is_broken = dice.happens(profile.unreadable)
        if asked.wants_scene:
            answer = wording.scene_answer(seen, asked, verdict)
            return wording.as_json_text(answer, dice, is_broken=is_broken)
        if asked.wants_json:
            answer = wording.json_answer(asked, verdict, schema)
            return wording.as_json_text(answer, dice, is_broken=is_broken)
        return wording.plain_answer(
            seen, asked, verdict, dice, is_broken=is_broken, is_wordy=dice.happens(profile.wordy)
        )

    def _judge(self, seen: Scene, text: str, sample: int) -> Feeling:
        profile, shares = get_profile(self.name), profile_settings().noise_shares
        felt = feeling(seen, with_interactions=profile.knows_interactions)
        streams = (
            (shares.picture, Dice("judgment", self.name, seen.layout)),
            (shares.prompt, Dice("judgment", self.name, seen.layout, text)),
            (shares.sample, Dice("judgment", self.name, seen.layout, text, sample, "sample")),
        )

        def noise(sd: float) -> float:
            # every stream gives a number for every judgment, so that they stay in step
            return sum(dice.normal(0.0, sd) * math.sqrt(share) for share, dice in streams)

        values = {
            name: min(
                9.0,
                max(1.0, value + getattr(profile.bias, name) + noise(getattr(profile.noise, name))),
            )
            for name, value in (("valence", felt.valence), ("arousal", felt.arousal))
        }
        # a shifted valence shifts the emotions as well
        lift = 0.4 * (values["valence"] - felt.valence)
        scores = {
            emotion: score
            + (lift if emotion in _PLEASANT else -lift)
            + noise(profile.noise.emotion)
            for emotion, score in felt.emotion_scores.items()
        }
        return Feeling(
            valence=values["valence"],
            arousal=values["arousal"],
            polarity=polarity(values["valence"]),
            emotion=max(scores, key=lambda emotion: scores[emotion]),
            emotion_scores=scores,
        )
