"""Label scores of served models in a study: from log probabilities, or from samples."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mllmsent import api
from mllmsent.foundation import InputError
from mllmsent.loopback import Faults, Reply, serve

CHANCES = {"positive": 0.6, "neutral": 0.25, "negative": 0.15}
LIKELIHOOD = "strategies: [{strategy: zero-shot, readout: likelihood}]\n"
SAMPLED = "strategies: [{strategy: zero-shot, samples: 20, temperature: 1}]\n"


class Leaning:
    """Answers by chance, and knows its chances; some samples are no answer."""

    def __init__(self, *others: str) -> None:
        self.chances = dict(CHANCES)
        for other in others:
            self.chances = {answer: share * 0.9 for answer, share in self.chances.items()}
            self.chances[other] = 0.1
        self.random = random.Random(5)

    def answer(self, images: Any, text: Any, schema: Any, model: Any, sample_seed: Any) -> Reply:
        """Drawn, but for those who want to know the chances."""
        (said,) = self.random.choices(list(self.chances), weights=list(self.chances.values()))
        return Reply(said, chances=self.chances)


class Sure(Leaning):
    """Says what is likeliest, as at temperature 0."""

    def answer(self, images: Any, text: Any, schema: Any, model: Any, sample_seed: Any) -> Reply:
        """The likeliest."""
        return Reply(
            max(self.chances, key=lambda answer: self.chances[answer]), chances=self.chances
        )


def test_log_probabilities_give_each_image_the_models_own_distribution(
    photos: Path, write_study: Callable[..., Path], tmp_path: Path
) -> None:
    with serve(Sure()) as server:
        run = api.run(write_study(server.url, LIKELIHOOD), out=tmp_path / "run")
        assert len(server.log) == 18, "one request each"
        again = api.run(tmp_path / "run")
        assert len(server.log) == 18
    assert run.complete
    assert set(run.predictions["status"]) == {"ok"}
    assert set(run.predictions["score_kind"]) == {"first-tokens"}
    for scores in run.predictions["scores"]:
        assert scores == pytest.approx(CHANCES, abs=1e-6)
    assert set(run.responses["label_limits"].iloc[0]) == set(CHANCES)
    assert again.predictions.equals(run.predictions)
    assert run.systems["readout"].tolist() == ["likelihood"]


def test_a_moved_run_keeps_what_was_known(
    photos: Path, write_study: Callable[..., Path], tmp_path: Path
) -> None:
    """Without the cache, the tables bring back limits, and what became of schemas."""
    study = "strategies: [structured, {strategy: zero-shot, readout: likelihood}]\n"
    with serve(Sure(), faults=Faults(ignored_schema=1.0)) as server:
        run = api.run(write_study(server.url, study), out=tmp_path / "run")
        asked = len(server.log)
        (tmp_path / "answers.sqlite").unlink()
        again = api.run(tmp_path / "run", cache=tmp_path / "other.sqlite")
        assert len(server.log) == asked
    assert again.predictions.equals(run.predictions)
    assert any("ignored the schema" in note for note in run.warnings())
    assert again.warnings() == run.warnings()


FIVE = {
    "positive": 0.5, "slightly positive": 0.2, "neutral": 0.15, "slightly negative": 0.1,
    "negative": 0.05,
}  # fmt: skip


class Lettered:
    """Leans to one of five labels, and answers with labels or letters, as it is asked."""

    def answer(self, images: Any, text: Any, schema: Any, model: Any, sample_seed: Any) -> Reply:
        """The likeliest."""
        chances = {
            text.partition(f". {label}")[0][-1] if "A. " in text else label: chance
            for label, chance in FIVE.items()
        }
        return Reply(max(chances, key=lambda answer: chances[answer]), chances=chances)


def test_letters_give_the_distribution_that_labels_which_begin_alike_do_not(
    photos: Path, write_study: Callable[..., Path], tmp_path: Path
) -> None:
    strategies = LIKELIHOOD.replace(
        "]", ", {strategy: zero-shot, readout: likelihood, answers: letters}]"
    )
    with serve(Lettered()) as server:
        file = write_study(server.url, strategies)
        text = file.read_text().replace(
            "[polarity3]", "[{scheme: polarity5, fold: polarity3-to-polarity5}]"
        )
        file.write_text(text)
        run = api.run(file, out=tmp_path / "run")
    said = run.predictions.merge(run.systems[["system_id", "strategy"]])
    labels, letters = (said[said["strategy"].str.endswith(end)] for end in ("hood", "letters"))
    assert set(labels["label"]) == set(letters["label"]) == {"positive"}
    assert labels["scores"].isna().all()
    for scores in letters["scores"]:
        assert scores == pytest.approx(FIVE, abs=1e-6)
    (note,) = (note for note in run.warnings() if "no distribution" in note)
    assert note.startswith("vllm/m · direct · zero-shot-likelihood: 18 of 18 answers have no")


def test_shares_of_samples_come_near_the_models_own_probabilities(
    photos: Path, write_study: Callable[..., Path], tmp_path: Path
) -> None:
    file = write_study("http://127.0.0.1:9/v1", SAMPLED)
    assert api.plan(file).lines[0].requests == 18 * 20, "the plan knows what it costs"
    with serve(Leaning()) as server:
        run = api.run(write_study(server.url, SAMPLED), out=tmp_path / "run")
    said = run.predictions
    assert set(said["score_kind"]) == {"votes"}
    assert len(run.responses) == 360
    for label, chance in CHANCES.items():
        drawn = [scores.get(label, 0.0) for scores in said["scores"]]
        # Of 360 draws; three standard errors.
        error = (chance * (1 - chance) / 360) ** 0.5
        assert sum(drawn) / len(drawn) == pytest.approx(chance, abs=3 * error)
    for scores, label, note in zip(said["scores"], said["label"], said["note"], strict=True):
        best = [name for name, share in scores.items() if share == max(scores.values())]
        if len(best) == 1:
            assert label == best[0]
            assert note == f"{round(max(scores.values()) * 20)} of 20 samples"
        else:
            assert note.startswith("a tie: ")
    assert run.systems["strategy"].tolist() == ["zero-shot-20-samples-at-1"]


def test_samples_that_say_nothing_are_counted(
    photos: Path, write_study: Callable[..., Path], tmp_path: Path
) -> None:
    with serve(Leaning("Hard to say.")) as server:
        run = api.run(write_study(server.url, SAMPLED), out=tmp_path / "run")
    said = run.predictions
    unread = [round(20 * (1 - sum(scores.values()))) for scores in said["scores"]]
    assert sum(unread) > 18, "about one in ten"
    for number, note in zip(unread, said["note"], strict=True):
        assert (f", {number} unread" in note) == bool(number)


@pytest.mark.parametrize(
    ("strategy", "options", "said"),
    [
        (
            "{strategy: zero-shot, readout: likelihood}",
            ", logprobs: false",
            "samples: 10, temperature: 1",
        ),
        ("{strategy: zero-shot, readout: likelihood, likelihood: mean}", "", "first tokens"),
        ("{strategy: zero-shot, readout: likelihood, calibrate: true}", "", "first tokens"),
        ("{strategy: zero-shot, samples: 10, temperature: 0}", "", "`temperature` above 0"),
        ("{strategy: zero-shot, readout: likelihood, samples: 10, temperature: 1}", "", "exclude"),
        ("{strategy: zero-shot, samples: 100, temperature: 1}", "", "64"),
        ("{strategy: zero-shot, sample: 10}", "", "samples"),
    ],
)
def test_what_cannot_be_had_is_told_before_anything_is_sent(
    photos: Path, write_study: Callable[..., Path], strategy: str, options: str, said: str
) -> None:
    with serve(Sure()) as server:
        file = write_study(server.url, f"strategies: [{strategy}]\n", options=options)
        with pytest.raises(InputError) as caught:
            api.plan(file)
        assert len(server.log) == 0
    assert said in str(caught.value)
