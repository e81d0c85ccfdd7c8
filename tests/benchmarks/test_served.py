"""What the benchmarks of served models conclude from what they saw, and that they see anything."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from benchmarks.served.measurement import Measurement, summarize
from benchmarks.served.pictures import make_images
from benchmarks.served.protocols import BARE, CONTENDERS, PROTOCOLS
from benchmarks.served.rates import use_of_limit
from benchmarks.served.runs import Sample, asked_again, growth
from benchmarks.throughput import main
from click.testing import CliRunner

from mllmsent.loopback import LoggedRequest


def arrived(at_s: float, status: int = 200, image: str = "a") -> LoggedRequest:
    return LoggedRequest(
        number=0,
        time=1e9 + at_s,
        key="",
        asked_before=0,
        retry=0,
        model="m",
        text="",
        images=(image,),
        parameters={},
        fault="",
        status=status,
    )


def took(contender: str, *wall_s: float, protocol: str = "openai") -> list[Measurement]:
    return [
        Measurement(
            protocol, contender, number, wall_s=each, cpu_s=2.0, server_cpu_s=1.0, answered=9
        )
        for number, each in enumerate(wall_s)
    ]


def test_a_contender_is_held_against_the_bare_sdk_of_its_own_round() -> None:
    # The machine was busy in the second round, and troubled both.
    measured = took(BARE, 4.0, 40.0, 5.0) + took("ours", 4.4, 36.0, 5.0)
    bare, ours = summarize(measured, requests=1000, ideal_s=2.0)
    assert (bare["over_bare_sdk"], bare["wall_s"], bare["over_ideal"]) == (1.0, 5.0, 2.5)
    assert (ours["over_bare_sdk"], ours["over_bare_sdk_range"]) == (1.0, [0.9, 1.1])
    assert (ours["cpu_ms_per_request"], ours["server_cpu_ms_per_request"]) == (2.0, 1.0)


def test_a_protocol_is_held_against_its_own_sdk_or_none() -> None:
    measured = took(BARE, 4.0) + took("ours", 8.0) + took("ours", 8.0, protocol="google")
    rows = summarize(measured, requests=1, ideal_s=1.0)
    assert [(row["protocol"], row["over_bare_sdk"]) for row in rows] == [
        ("openai", 1.0),
        ("openai", 2.0),
        ("google", None),
    ]


def test_use_of_a_limit_is_told_after_the_first_minute() -> None:
    early = [arrived(second) for second in range(60)] + [arrived(59, 429)] * 5
    late = [arrived(60 + 2 * second) for second in range(60)] + [arrived(100, 429)]
    after_the_end = [arrived(180.0), arrived(181.0, 429)]
    use = use_of_limit(early + late + after_the_end, per_minute=60, minutes=3)
    assert (use["used"], use["turned_away"]) == (0.5, round(1 / 61, 4))
    assert use["turned_away_at_first"] == 5
    assert use["answered_each_minute"] == [60, 30, 30]
    assert use["turned_away_each_minute"] == [5, 1, 0]


def test_a_request_takes_as_much_of_a_limit_as_it_counts_for() -> None:
    late = [arrived(2 * second) for second in range(60)]
    assert use_of_limit(late, per_minute=1000, minutes=2, takes=20.0)["used"] == 0.6


def test_nothing_asked_is_nothing_used() -> None:
    use = use_of_limit([], per_minute=60, minutes=2)
    assert (use["used"], use["turned_away"]) == (0.0, None)


def test_only_what_arrives_after_its_answer_was_committed_is_asked_again() -> None:
    entries = [arrived(1.0), arrived(3.0), arrived(3.0, image="b"), arrived(9.0, image="never")]
    assert asked_again(entries, {"a": 1e9 + 2, "b": 1e9 + 4}) == [entries[1]]


def samples(memory: Sequence[float]) -> list[Sample]:
    return [Sample(0, number / 2, 100 * number, rss_mb) for number, rss_mb in enumerate(memory)]


def test_growth_is_that_of_a_thousand_answers_once_all_is_loaded() -> None:
    loading, asking = [20.0, 150.0], [200.0 + 0.3 * number for number in range(2, 30)]
    assert growth(samples(loading + asking), begin=200, end=10_000) == pytest.approx(3.0)
    assert growth(samples([200.0] * 9), begin=0, end=10_000) == 0.0


def test_too_few_samples_show_no_growth() -> None:
    assert growth(samples([200.0, 201.0]), begin=0, end=10_000) is None
    assert growth([Sample(0, 0.0, 7, 100.0)] * 9, begin=0, end=10_000) is None


def test_pictures_are_of_one_size_and_no_two_alike(tmp_path: Path) -> None:
    images = make_images(tmp_path, 5, size=1_000, side=24)
    assert {image.path.stat().st_size for image in images} == {1_000}
    assert len({image.sha256 for image in images}) == 5


def test_everybody_is_answered_in_every_protocol(tmp_path: Path) -> None:
    out = tmp_path / "throughput.json"
    asked = ["--requests", "12", "--in-flight", "4", "--latency", "0.01", "--rounds", "1"]
    result = CliRunner().invoke(main, [*asked, "--out", str(out)])
    assert result.exit_code == 0, result.output
    rows = json.loads(out.read_text())["summary"]
    told = [(row["protocol"], row["contender"], row["answered"]) for row in rows]
    assert told == [
        (protocol, name, 12)
        for protocol, speaks in PROTOCOLS.items()
        for name in CONTENDERS[:4]
        if name in speaks.contenders
    ]
    assert {protocol for protocol, name, _ in told if name == BARE} == set(PROTOCOLS)
