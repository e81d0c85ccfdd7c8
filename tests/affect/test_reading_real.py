"""Answers that a real model gave, where they stand beside the checkout."""

import json
from collections import Counter
from pathlib import Path

import pytest

from mllmsent.affect import get_scheme, read_answer

MODES = ("no_think", "think")


@pytest.fixture(params=MODES)
def rows(shared_data: Path, request: pytest.FixtureRequest) -> list[dict[str, object]]:
    """The answers of Qwen3-VL-8B to 50 photographs, five times each."""
    path = shared_data / "qwen3vl-direct" / f"annotations_no_persona_{request.param}.jsonl"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_every_sentiment_that_a_real_model_gave_is_read_as_itself(
    rows: list[dict[str, object]],
) -> None:
    """CamelCase labels of five classes, alone, in the model's own JSON, and cut off after them."""
    scheme = get_scheme("polarity5")
    for row in rows:
        said = str(row["predicted_sentiment"])
        expected = said.lower().replace("slightly", "slightly ")
        whole = json.dumps({"sentiment": said, "perceptions": row["predicted_perceptions"],
                            "caption": row["caption"], "justification": row["justification"]})  # fmt: skip
        for answer in (said, whole, f"```json\n{whole}\n```", whole[:-20]):
            assert read_answer(answer, scheme).labels == (expected,)


def test_a_real_models_captions_are_descriptions_and_no_verdicts(
    rows: list[dict[str, object]],
) -> None:
    for name in ("polarity3", "polarity5", "ekman", "mikels"):
        for row in rows:
            assert read_answer(str(row["caption"]), get_scheme(name)).labels == ()


def test_a_real_models_justification_is_hardly_ever_read_against_its_own_label(
    rows: list[dict[str, object]],
) -> None:
    """A reason is no verdict; where it sounds like one, it should be the one that was given."""
    scheme = get_scheme("polarity5")
    found: Counter[bool] = Counter()
    for row in rows:
        said = str(row["predicted_sentiment"]).lower().replace("slightly", "slightly ")
        reading = read_answer(str(row["justification"]), scheme)
        if reading.status == "ok":
            found[reading.labels == (said,)] += 1
    assert found[True] > 20 * found[False]
