"""The answers of all systems side by side: a row for what was asked, and who was asked how much."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace

import pandas as pd
from tests.analysis.small_evidence import make_evidence

from mllmsent.affect import get_scheme
from mllmsent.analysis.answers import answers_of

ITEMS = [f"i{number:03}" for number in range(400)]


def test_clips_with_moments_of_their_own_take_no_more_than_what_was_asked() -> None:
    told = dict.fromkeys(ITEMS, "positive")
    evidence = make_evidence("polarity3", told, {"m/direct": told})
    frames = [
        evidence.predictions.assign(frame_t=[8.0 * item + frame for item in range(len(ITEMS))])
        for frame in range(8)
    ]
    clips = replace(evidence, predictions=pd.concat(frames, ignore_index=True))

    answers_of(evidence, get_scheme("polarity3"))  # what is imported takes memory only once

    tracemalloc.start()
    answers = answers_of(clips, get_scheme("polarity3"))
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert len(answers.rows) == 8 * len(ITEMS)
    assert most < 10e6  # a row for every item at every moment would be 400 times as many


def test_what_nobody_could_read_was_asked_all_the_same() -> None:
    told = {item: "refused" if number < 30 else "positive" for number, item in enumerate(ITEMS)}
    failed = told | dict.fromkeys(ITEMS[:10], "failed")
    truth = dict.fromkeys(ITEMS, "positive")
    evidence = make_evidence("polarity3", truth, {"m/direct": told, "n/direct": failed})

    answers = answers_of(evidence, get_scheme("polarity3"))

    assert len(answers.rows) == len(ITEMS) - 30
    assert answers.asked == {"s0": len(ITEMS), "s1": len(ITEMS) - 10}
