"""What a study is said to cost before it is run, held against what the providers' test servers count."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from PIL import Image

from mllmsent import api
from mllmsent.loopback import serve
from mllmsent.models import Pricing, dollars
from mllmsent.models.interface import Request, Response, Settings
from mllmsent.pathways.interface import Question
from mllmsent.prompts import Message
from mllmsent.runs.costs import cost_lines, model_costs
from mllmsent.runs.estimate import LEARNS_FROM, estimate

SIZES = ((640, 480), (1024, 683), (427, 640), (1600, 1200))
SEEN = (
    "The image shows an old woman sitting alone on a wooden bench in a snowy park. Her expression "
    "is pensive. The muted palette, bare trees and fading light lend the scene a melancholic air. "
)
MODELS = {
    "openai/gpt-4o": ("url", ""),
    "openai/gpt-4.1": ("url", ", api: responses"),
    "anthropic/claude-haiku-4-5": ("anthropic_url", ""),
    "google/gemini-2.5-flash-lite": ("google_url", ""),
}


class Wordy:
    """Answers at the length that models do."""

    def answer(
        self,
        images: Sequence[bytes],
        text: str,
        schema: Mapping[str, Any] | None,
        model: str,
        sample_seed: int,
    ) -> str:
        if "step" in text:
            return f"{SEEN * 4}\nAnswer: positive"
        if "Describe" in text:
            return SEEN * (2 + len(images[-1]) % 3)
        return json.dumps({"label": "positive"}) if schema is not None else "positive"


@pytest.fixture
def album(tmp_path: Path) -> Path:
    for number in range(16):
        label = ("negative", "neutral", "positive")[number % 3]
        (tmp_path / "photos" / label).mkdir(parents=True, exist_ok=True)
        image = Image.new("RGB", SIZES[number % 4], (10 * number, 99, 0))
        image.save(tmp_path / "photos" / label / f"{number:02}.jpg")
    return tmp_path


def sums(run: api.Run, without: set[str], model: str) -> tuple[int, int, float]:
    rows = run.responses
    rows = rows[(rows["model"] == model) & ~rows["request_key"].isin(without)]
    return (
        int(rows["input_tokens"].sum()),
        int(rows["output_tokens"].sum()),
        float(rows["cost_usd"].sum()),
    )


@pytest.mark.slow
def test_an_estimate_is_within_a_tenth_of_the_usage_that_is_billed(
    album: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At once, though single wordings are farther off; after six items each of them is known."""
    monkeypatch.setenv("SOME_KEY", "none")
    study = album / "study.yaml"
    with serve(Wordy()) as server:
        asked = "".join(
            f'  - {{model: {name}, options: {{base_url: "{getattr(server, url)}", '
            f"api_key_env: SOME_KEY{more}}}}}\n"
            for name, (url, more) in MODELS.items()
        )
        study.write_text(
            "name: priced\ndataset: photos\nschemes: [polarity3]\npathways: [direct, described]\n"
            "strategies: [zero-shot, structured, chain-of-thought, describe]\n"
            f"classifiers: [vader]\nmodels:\n{asked}"
        )
        first = api.plan(study, out=album / "run")
        had = set(api.run(study, out=album / "run", limit=6).responses["request_key"])
        then = api.plan(study, out=album / "run")
        run = api.run(study, out=album / "run")
    for plan, before, knows_lengths in ((first, set[str](), False), (then, had, True)):
        for line in plan.lines:
            read, written, cost = sums(run, before, line.model)
            assert line.input_tokens == pytest.approx(read, rel=0.1)
            assert line.most_usd is not None
            assert line.most_usd > cost
            assert line.cost_usd == pytest.approx(cost, rel=0.1)
            assert line.learnt == knows_lengths
            if knows_lengths:
                assert line.input_tokens == pytest.approx(read, rel=0.02)
                assert line.output_tokens == pytest.approx(written, rel=0.1)
    for costs in run.folder.manifest["costs"]:
        assert costs["answers"] == 4 * 10
        assert costs["estimated_usd"] == pytest.approx(costs["cost_usd"], rel=0.1)
        assert costs["total_usd"] > costs["cost_usd"]


def question(text: str, *, model: str = "m", **how: Any) -> Question:
    asked = Request((Message("user", (text,)),), Settings(**how))
    return Question(
        key=f"{model} {text}", request=asked, model=model, stage="direct", item_id=text,
        strategy="s", strategy_version="1", scheme=None, condition="none", repeat=0, sample=0,
    )  # fmt: skip


GPT = {"m": Pricing("openai/gpt-4o")}


def test_lengths_are_learnt_from_answers_of_one_kind_once_there_are_some() -> None:
    questions = [question(f"q{n}") for n in range(20)]
    long = Response("ok", text="x", input_tokens=100, output_tokens=300)
    few = {each.key: long for each in questions[: LEARNS_FROM - 1]}
    enough = {each.key: long for each in questions[:LEARNS_FROM]}
    presumed, learnt = (estimate(questions, known, known, GPT)["m"] for known in (few, enough))
    assert presumed.output_tokens == 2 * (20 - len(few))
    assert presumed.learnt == 0
    assert (learnt.input_tokens, learnt.output_tokens) == (100 * 15, 300 * 15)
    assert learnt.learnt == 1


def test_cached_tokens_are_expected_where_there_were_some() -> None:
    questions = [question(f"q{n}") for n in range(10)]
    half = Response("ok", text="x", input_tokens=1000, output_tokens=0, cached_tokens=500)
    known = {each.key: half for each in questions[:5]}
    expected = 5 * (500 * 2.5 + 500 * 1.25) / 1e6
    assert estimate(questions, known, known, GPT)["m"].cost_usd == pytest.approx(expected)


def test_equal_questions_are_paid_for_once_and_answered_ones_not_at_all() -> None:
    one = estimate([question("q")], {}, {}, GPT)["m"]
    assert estimate([question("q")] * 9, {}, {}, GPT)["m"] == one
    done = {"m q": Response("ok", text="x")}
    assert estimate([question("q")], done, done, GPT)["m"].cost_usd == 0


def test_a_model_that_reasons_is_expected_to_write_more() -> None:
    def written(model: str, effort: str | None = None) -> int:
        asked = [question("q", reasoning_effort=effort, max_tokens=4000)]
        return estimate(asked, {}, {}, {"m": Pricing(model)})["m"].output_tokens

    assert written("openai/o3") > written("openai/gpt-4o") + 300
    assert written("openai/gpt-5") == written("openai/gpt-5", "medium")
    assert written("openai/o3", "high") > written("openai/o3", "low") > written("openai/o3", "none")


def test_a_budget_of_thoughts_says_whether_a_model_thinks() -> None:
    """Claude thinks where it is given tokens for it, and Gemini 2.5 does not where it has none."""

    def written(model: str, tokens: int | None) -> int:
        identity = {} if tokens is None else {"thinking_tokens": tokens}
        asked = [question("q", max_tokens=9000)]
        return estimate(asked, {}, {}, {"m": Pricing(model, identity)})["m"].output_tokens

    claude, gemini = "anthropic/claude-sonnet-4-5", "google/gemini-2.5-flash"
    assert written(claude, 4000) > written(claude, None) + 300
    assert written(claude, None) == written(gemini, 0) < 10
    assert written(gemini, -1) == written(gemini, None) > written(gemini, 100) > 100


def test_an_unknown_price_makes_an_unknown_cost_and_no_limit_an_unknown_most() -> None:
    unknown = estimate([question("q")], {}, {}, {"m": Pricing("openai/unheard-of")})["m"]
    assert (unknown.cost_usd, unknown.most_usd) == (None, None)
    endless = estimate([question("q", max_tokens=None)], {}, {}, GPT)["m"]
    assert endless.cost_usd is not None
    assert endless.most_usd is None


def test_a_label_is_written_where_a_server_tells_likelihoods_and_not_in_this_process() -> None:
    asked = question("q")
    asked = replace(asked, request=replace(asked.request, candidates=("positive", "negative")))
    served = {"address": "https://api.openai.com/v1"}
    for pricing, written in (
        (Pricing("openai/gpt-4o", served), 1),
        (Pricing("mood/m"), 0),
        (Pricing("hf/m", free=True), 0),
    ):
        assert estimate([asked], {}, {}, {"m": pricing})["m"].output_tokens == written


def test_batches_are_expected_to_cost_half() -> None:
    batched = {"m": Pricing("openai/gpt-4o", batched=True)}
    full, half = (estimate([question("q")], {}, {}, each)["m"] for each in (GPT, batched))
    assert full.cost_usd is not None
    assert half.cost_usd == pytest.approx(full.cost_usd / 2)


def test_likelihoods_are_asked_for_live_at_the_full_price_whatever_is_asked_in_batches() -> None:
    served = {"address": "https://api.openai.com/v1"}
    asked = question("What? " * 200, max_tokens=64)
    scored = replace(asked, request=replace(asked.request, candidates=("positive", "negative")))
    live, batched = (Pricing("openai/gpt-4o", served, batched=each) for each in (False, True))
    for charged in (live, batched):
        assert charged.most(scored.request) == live.most(scored.request)
    full, beside = (
        estimate([scored, replace(asked, key="k")], {}, {}, {"m": charged})["m"]
        for charged in (live, batched)
    )
    alone = estimate([scored], {}, {}, {"m": live})["m"]
    for told in ("cost_usd", "most_usd"):
        whole, half, label = (getattr(each, told) for each in (full, beside, alone))
        assert half == pytest.approx(label + (whole - label) / 2, rel=0.05)


@pytest.mark.parametrize(
    ("amount", "shown"),
    [(0, "$0.00"), (12.3, "$12.30"), (1234.5, "$1,234.50"), (0.5, "$0.50"), (0.0123, "$0.012"),
     (0.00001, "less than $0.0001")],
)  # fmt: skip
def test_small_amounts_say_something(amount: float, shown: str) -> None:
    assert dollars(amount) == shown


def test_costs_tell_the_unknown_apart_from_the_free() -> None:
    rows = pd.DataFrame(
        {
            "request_key": list("abcdd"),
            "model": ["m", "m", "u", "f", "f"],
            "status": ["ok", "refused", "ok", "ok", "ok"],
            "cost_usd": [0.5, None, None, 0.0, 0.0],
        }
    )
    found = {each.model: each for each in model_costs(rows, {"x"}, {"m": 1.0, "u": None, "f": 0.0})}
    assert (found["m"].cost_usd, found["m"].unpriced) == (0.5, 1)
    assert (found["u"].cost_usd, found["u"].answers) == (None, 1)
    assert (found["f"].cost_usd, found["f"].answers) == (0.0, 1)
    lines = cost_lines(asdict(each) for each in found.values())
    assert "but for 1 whose cost is not known" in lines[0]
    assert "unknown price" in lines[1]
    assert len(lines) == 2
    (nothing,) = model_costs(rows, set("ab"), {"m": 0.0})
    assert (nothing.answers, nothing.cost_usd, nothing.total_usd) == (0, 0.0, 0.5)
