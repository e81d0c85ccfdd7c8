"""A system is what a leaderboard ranks: everything that decides an answer, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mllmsent.foundation.digest import canonical_json, json_digest
from mllmsent.foundation.tables import check_table, empty_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd

__all__ = ["System", "systems_table"]


@dataclass(frozen=True, slots=True)
class System:
    """The resolved parts of one system.

    Condition and repeat are not part of it: they are how a system was tried, not what it is.

    Attributes:
        pathway: "direct", "described" or "scene".
        model: Name of the model; for descriptions that came with a dataset, `dataset/NAME`.
        identity: What makes the model's answers its own (revision, address).
        settings: How it was asked to answer.
        strategy: Name of the prompt strategy, empty for given descriptions.
        strategy_version: Its version and the digest of its words.
        language: Language of the wording.
        readout: "text", "json" or "likelihood".
        classifier: Name of the text classifier, empty outside the described pathway.
        classifier_identity: What makes the classifier itself.
        training: How the classifier was trained: "none", or the kind and seed of the folds; for
            few-shot strategies, how the solved examples were drawn.
        note: Shown beside the system: "synthetic", for example.
    """

    pathway: str
    model: str
    identity: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    strategy: str = ""
    strategy_version: str = ""
    language: str = "en"
    readout: str = "text"
    classifier: str = ""
    classifier_identity: Mapping[str, Any] = field(default_factory=dict)
    training: str = ""
    note: str = ""

    @property
    def system_id(self) -> str:
        """Twelve hexadecimal digits that are equal exactly for equal parts.

        What a study calls a model or a classifier is no part: two runs of one system may call it by
        two names. Only what has no identity, a describer known by name alone, is its name.
        """
        return json_digest(
            {
                "pathway": self.pathway,
                "model": dict(self.identity) or self.model,
                "settings": dict(self.settings),
                "strategy": self.strategy,
                "strategy_version": self.strategy_version,
                "language": self.language,
                "readout": self.readout,
                "classifier": dict(self.classifier_identity) or self.classifier,
                "training": self.training,
            },
            length=12,
        )

    @property
    def name(self) -> str:
        """What people read: "openai/gpt-4o · described · linear"."""
        parts = [self.model, self.pathway, self.strategy, self.classifier]
        return " · ".join(part for part in parts if part)


def systems_table(systems: Iterable[System]) -> pd.DataFrame:
    """The table `systems`, one row each, equal systems once."""
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    rows = {
        system.system_id: {
            "system_id": system.system_id,
            "name": system.name,
            "pathway": system.pathway,
            "model": system.model,
            "revision": str(system.identity.get("revision") or ""),
            "settings": canonical_json(dict(system.settings)),
            "strategy": system.strategy,
            "strategy_version": system.strategy_version,
            "language": system.language,
            "readout": system.readout,
            "classifier": system.classifier,
            "training": system.training,
            "note": system.note,
        }
        for system in systems
    }
    if not rows:
        return empty_table("systems")
    return check_table("systems", pd.DataFrame(list(rows.values())))
