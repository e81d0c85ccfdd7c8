"""How the reader does on answers labeled by hand.

`dev.jsonl` was looked at while the reader was written, `heldout.jsonl` never was, and `traps.jsonl`
are short answers made to mislead it. A wrong label is the worst that can happen; what is readable
and left unread costs coverage, and is shown.
"""

from collections.abc import Callable

import pytest

from mllmsent.affect import Reading, get_scheme, read_answer

from .conftest import RATES, LabeledAnswer, labeled_answers

MOST_WRONG = 0.005
LEAST_READ = 0.9


def is_wrong(labeled: LabeledAnswer, reading: Reading) -> bool:
    """Whether the reading says something that the answer does not."""
    if reading.status != "ok":
        return False
    return (labeled.status, labeled.labels, labeled.values) != (
        "ok",
        reading.labels,
        dict(reading.values),
    )


@pytest.mark.parametrize("name", ["dev", "heldout", "traps"])
def test_hardly_any_answer_is_read_wrongly_and_most_readable_ones_are_read(
    name: str, record_property: Callable[[str, object], None], request: pytest.FixtureRequest
) -> None:
    """At most 0.5 % of all answers get a label they do not give; 90 % of readable ones are read."""
    answers = labeled_answers(name)
    readings = [read_answer(one.answer, get_scheme(one.scheme)) for one in answers]
    pairs = list(zip(answers, readings, strict=True))
    wrong = [one.id for one, reading in pairs if is_wrong(one, reading)]
    readable = [(one, reading) for one, reading in pairs if one.status == "ok"]
    read = sum(reading.status == "ok" for _, reading in readable)
    declined = [reading.status for one, reading in pairs if one.status == "refused"]
    rates = {
        "answers": len(answers),
        "wrong": len(wrong) / len(answers),
        "unread_though_readable": 1 - read / len(readable),
        "refusals_known_as_such": declined.count("refused") / max(len(declined), 1),
    }
    for key, value in rates.items():
        record_property(f"{name}_{key}", value)
    shown = ", ".join(f"{key} {value:.3g}" for key, value in rates.items())
    request.config.stash[RATES].append(f"{name}: {shown}")
    assert len(wrong) / len(answers) <= MOST_WRONG, wrong
    assert read / len(readable) >= LEAST_READ


@pytest.mark.parametrize("name", ["dev", "heldout", "traps"])
def test_a_reading_says_how_or_why(name: str) -> None:
    """A label comes with the reader that found it, anything else with a reason in a short phrase."""
    for one in labeled_answers(name):
        reading = read_answer(one.answer, get_scheme(one.scheme))
        if reading.status == "ok":
            assert reading.how in {"json", "bare", "verdict line", "sentence", "list", "numbers"}
            assert not reading.reason
        else:
            assert reading.reason
            assert len(reading.reason) < 60
            assert not reading.labels
            assert not reading.values
