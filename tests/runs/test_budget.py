"""A budget is not passed, whatever arrives in whatever order, and what was answered is kept."""

import asyncio
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mllmsent import api
from mllmsent.cli import main
from mllmsent.foundation import InputError
from mllmsent.loopback import ConstantAnswerer, Faults, serve
from mllmsent.models import OwnPrices, Pricing
from mllmsent.models.interface import Capabilities, Request, Response, Settings
from mllmsent.pathways.interface import Question
from mllmsent.prompts import Message
from mllmsent.runs.budget import Budget, check_budget
from mllmsent.runs.cache import AnswerCache
from mllmsent.runs.executor import NOT_ASKED, execute
from mllmsent.runs.progress import Silent

DEAR = Pricing("openai/mine", own=OwnPrices(input=10, output=1000))
FREE = Pricing("ollama/m", free=True)


def request(text: str = "?", longest: int | None = 100) -> Request:
    return Request((Message("user", (text,)),), Settings(max_tokens=longest))


def question(text: str, model: str = "m", longest: int | None = 100) -> Question:
    asked = request(text, longest)
    return Question(
        key=f"{model} {text}", request=asked, model=model, stage="direct", item_id=text,
        strategy="s", strategy_version="1", scheme=None, condition="none", repeat=0, sample=0,
    )  # fmt: skip


def answer(longest: int, share: float = 1.0) -> Response:
    return Response("ok", text="x", input_tokens=5, output_tokens=round(longest * share))


class Writing:
    """A model that writes as much as it is allowed, or as much as the question's text says."""

    def __init__(self, *, batch: int = 1, in_flight: int = 4, seed: int = 0) -> None:
        self.name, self.identity = "m", {"name": "m"}
        self.capabilities = Capabilities(max_batch_size=batch, max_in_flight=in_flight)
        self.seed, self.asked = seed, 0

    async def answer(self, requests: Sequence[Request]) -> Sequence[Response]:
        self.asked += len(requests)
        for _ in range(hash((self.seed, self.asked)) % 5):
            await asyncio.sleep(0)
        return [self._answer(each) for each in requests]

    def _answer(self, each: Request) -> Response:
        kind, _, share = str(each.messages[0].parts[0]).partition(" ")
        if kind == "lost":
            return Response("failed", error="timeout")
        if kind == "uncounted":
            return Response("ok", text="x")
        return answer(each.settings.max_tokens or 0, float(share.split(" ")[0] or 1))

    async def aclose(self) -> None:
        """Nothing is held."""


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[AnswerCache]:
    cache = AnswerCache(tmp_path / "a.sqlite")
    yield cache
    cache.close()


def ask(
    questions: Sequence[Question], models: dict[str, Any], budget: Budget, cache: AnswerCache
) -> dict[str, Response]:
    return asyncio.run(execute(questions, models, cache, Silent(), budget=budget))


def test_the_most_that_an_answer_can_cost_is_set_aside_until_it_is_there() -> None:
    most = DEAR.most(request())
    assert most is not None
    budget = Budget(1.5 * most, {"m": DEAR})
    assert budget.reserve("m", request())
    assert budget.set_aside == pytest.approx(most)
    assert not budget.reserve("m", request()), "what is under way counts"
    budget.settle("m", request(), answer(100, 0.1))
    assert budget.set_aside == 0
    assert budget.spent == pytest.approx(5 * 10e-6 + 10 * 1000e-6)
    assert budget.reserve("m", request())


def test_several_are_set_aside_together_or_not_at_all() -> None:
    most = DEAR.most(request()) or 0
    budget = Budget(2.5 * most, {"m": DEAR})
    assert not budget.reserve("m", *[request()] * 3)
    assert budget.set_aside == 0
    assert budget.reserve("m", *[request()] * 2)


def test_what_an_earlier_run_sent_counts_even_where_there_is_no_room_for_it() -> None:
    most = DEAR.most(request()) or 0
    budget = Budget(1.5 * most, {"m": DEAR})
    budget.take_up("m", *[request()] * 2)
    assert budget.set_aside == pytest.approx(2 * most)
    assert not budget.reserve("m", request())
    for _ in range(2):
        budget.settle("m", request(), answer(100, 0.1))
    assert budget.set_aside == 0
    assert budget.reserve("m", request())


def test_nobody_waits_for_what_costs_nothing() -> None:
    budget = Budget(0.0001, {"m": DEAR, "free": FREE})
    assert budget.reserve("free", request())
    assert not asyncio.run(budget.room())


def test_what_was_not_sent_after_all_costs_nothing() -> None:
    budget = Budget(1, {"m": DEAR})
    assert budget.reserve("m", request())
    budget.settle("m", request(), None)
    assert (budget.spent, budget.set_aside) == (0, 0)


@pytest.mark.parametrize(
    ("response", "counts"),
    [
        (Response("failed", error="no key", attempts=0), False),
        (Response("failed", error="wrong key", hopeless=True), False),
        (Response("failed", error="timeout"), True),
        (Response("ok", text="but nobody counted"), True),
        (Response("refused"), True),
    ],
)
def test_what_may_have_been_billed_counts_in_full(response: Response, *, counts: bool) -> None:
    budget = Budget(1, {"m": DEAR})
    assert budget.reserve("m", request())
    budget.settle("m", request(), response)
    assert budget.spent == (pytest.approx(DEAR.most(request())) if counts else 0)


def test_nothing_is_set_aside_for_what_is_free_nor_for_an_unknown_price() -> None:
    budget = Budget(0.01, {"m": FREE, "u": Pricing("openai/unheard-of")})
    assert all(budget.reserve("m", request(longest=None)) for _ in range(100))
    assert not budget.reserve("u", request())


@given(
    st.lists(
        st.tuples(st.sampled_from(["share", "lost", "uncounted"]), st.floats(0, 1)),
        min_size=1,
        max_size=40,
    ),
    st.floats(0.01, 3),
    st.integers(1, 8),
    st.integers(1, 3),
    st.integers(0, 5),
)
@settings(deadline=None, max_examples=60)
def test_a_budget_is_never_passed_whatever_arrives_in_whatever_order(
    tmp_path_factory: pytest.TempPathFactory,
    kinds: list[tuple[str, float]],
    limit: float,
    in_flight: int,
    batch: int,
    seed: int,
) -> None:
    models = {"m": Writing(batch=batch, in_flight=in_flight, seed=seed), "n": Writing(seed=seed)}
    budget = Budget(limit, {"m": DEAR, "n": DEAR})
    questions = [
        question(f"{kind} {share} {number}", "mn"[number % 2])
        for number, (kind, share) in enumerate(kinds)
    ]
    cache = AnswerCache(tmp_path_factory.mktemp("c") / "a.sqlite")
    try:
        failed = ask(questions, models, budget, cache)
        found = cache.get_many(each.key for each in questions)
    finally:
        cache.close()
    # What was truly written, the worst assumed of what nobody knows.
    worst = [DEAR.most(each.request) or 0 for each in questions]
    paid = [
        DEAR.cost_of(found[each.key].response) if each.key in found else None for each in questions
    ]
    sent = [each.key in found or failed[each.key].attempts for each in questions]
    bill = sum(
        (most if cost is None else cost)
        for cost, most, was_sent in zip(paid, worst, sent, strict=True)
        if was_sent
    )
    assert bill <= limit * (1 + 1e-9)
    assert budget.spent == pytest.approx(bill)
    assert budget.set_aside == 0
    assert len(found) + len(failed) == len(questions), "everything is answered or recorded"
    if limit >= sum(worst):
        assert all(sent), "nobody is stopped who had enough"


def test_a_model_that_costs_nothing_is_asked_on(cache: AnswerCache) -> None:
    models = {"dear": Writing(), "free": Writing()}
    budget = Budget(DEAR.most(request("share 1 00")) or 0, {"dear": DEAR, "free": FREE})
    questions = [question(f"share 1 {n:02}", name) for n in range(10) for name in models]
    failed = ask(questions, models, budget, cache)
    assert models["free"].asked == 10
    assert models["dear"].asked == 1
    assert {response.error.startswith(NOT_ASKED) for response in failed.values()} == {True}


def test_what_is_under_way_is_waited_for_before_anybody_is_stopped(cache: AnswerCache) -> None:
    """Room for two at once, and for all of them one after the other."""
    model = Writing(in_flight=8)
    budget = Budget(2.5 * (DEAR.most(request("share 0.01 00")) or 0), {"m": DEAR})
    assert not ask([question(f"share 0.01 {n:02}") for n in range(30)], {"m": model}, budget, cache)
    assert model.asked == 30


def test_who_waits_does_not_look_again_at_every_answer(
    cache: AnswerCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks, reserve = 0, Budget.reserve

    def counted(*given: Any) -> bool:
        nonlocal looks
        looks += 1
        return reserve(*given)

    monkeypatch.setattr(Budget, "reserve", counted)
    budget = Budget(20.5 * (DEAR.most(request("share 0.01 000")) or 0), {"m": DEAR})
    questions = [question(f"share 0.01 {n:03}") for n in range(300)]
    assert not ask(questions, {"m": Writing(in_flight=200)}, budget, cache)
    assert looks < 5 * len(questions)


@pytest.mark.parametrize(
    ("pricing", "longest", "cure"),
    [
        (Pricing("openai/unheard-of"), 100, "Give its `prices`"),
        (Pricing("openai/gpt-4o"), None, "Set `max_tokens`"),
    ],
)
def test_what_no_budget_can_be_held_with_is_refused_with_a_cure(
    pricing: Pricing, longest: int | None, cure: str
) -> None:
    with pytest.raises(InputError) as refused:
        check_budget({"m": pricing}, [question("?", longest=longest)])
    assert refused.value.cure.startswith(cure)
    check_budget({"m": FREE}, [question("?", longest=None)])


def study(photos: Path, url: str, model: str = "openai/gpt-4o", more: str = "") -> Path:
    file = photos.parent / "study.yaml"
    file.write_text(
        "name: small\ndataset: photos\nschemes: [polarity3]\n"
        f'models: [{{model: {model}, in_flight: 2, options: {{base_url: "{url}", '
        f"api_key_env: SOME_KEY}}}}]\n{more}"
    )
    return file


@pytest.fixture(autouse=True)
def a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "SOME_KEY", "none")


def test_a_run_stops_before_its_budget_is_passed_and_goes_on_with_more(photos: Path) -> None:
    with serve(ConstantAnswerer("positive")) as server:
        file = study(photos, server.url)
        out = photos.parent / "run"
        plan = api.plan(file, out=out)
        # 512 tokens at 10 dollars a million may come of each.
        run = api.run(file, out=out, budget=0.012)
        manifest = run.folder.manifest
        asked = len(server.log)
        assert 1 < asked < 18
        assert manifest["budget"]["spent_usd"] == pytest.approx(manifest["cost_usd"])
        assert manifest["cost_usd"] <= 0.012
        assert manifest["status"] == "incomplete"
        assert any("the budget of $0.012" in note for note in manifest["notes"])
        assert any("--budget" in note for note in manifest["notes"])
        run = api.run(file, out=out, budget=5)
        assert len(server.log) == 18, "answers that were paid for are not paid for again"
        assert run.complete
        (costs,) = run.folder.manifest["costs"]
        assert costs["answers"] == 18 - asked
        assert costs["total_usd"] == pytest.approx(run.folder.manifest["cost_usd"])
        assert run.folder.manifest["cost_usd"] <= plan.lines[0].most_usd


def test_answers_in_the_cache_cost_nothing(photos: Path) -> None:
    with serve(ConstantAnswerer("positive")) as server:
        file = study(photos, server.url)
        api.run(file, out=photos.parent / "run")
        again = api.run(file, out=photos.parent / "run", budget=0.000001)
        assert again.complete
        assert len(server.log) == 18
        assert again.folder.manifest["budget"]["spent_usd"] == 0


def test_faults_on_the_way_pass_no_budget(photos: Path) -> None:
    faults = Faults(rate_limit=0.1, server_error=0.1, retry_after_s=0.01, null_content=0.2)
    with serve(ConstantAnswerer("positive"), faults=faults) as server:
        run = api.run(study(photos, server.url), out=photos.parent / "run", budget=0.02)
    assert run.folder.manifest["budget"]["spent_usd"] <= 0.02


@pytest.mark.parametrize(
    ("model", "more", "cure"),
    [
        ("openai/unheard-of", "budget: 5\n", "`prices`"),
        ("openai/gpt-4o", "budget: 5\nsettings: {max_tokens: null}\n", "max_tokens"),
        ("openai/gpt-4o", "budget: -5\n", "greater than 0"),
        ("openai/gpt-4o", "budget: five\n", "number"),
    ],
)
def test_a_study_that_no_budget_can_hold_is_refused_before_anybody_is_asked(
    photos: Path, capsys: pytest.CaptureFixture[str], model: str, more: str, cure: str
) -> None:
    with serve(ConstantAnswerer("positive")) as server:
        file = study(photos, server.url, model, more)
        with pytest.raises(SystemExit) as left:
            main(["run", str(file), "--out", str(photos.parent / "run")])
        assert left.value.code == 2
        assert not server.log
    assert cure in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize("budget", ["0", "-1", "nan", "inf", "much"])
def test_what_is_no_amount_is_no_budget(
    photos: Path, capsys: pytest.CaptureFixture[str], budget: str
) -> None:
    with pytest.raises(SystemExit) as left:
        main(["run", str(study(photos, "http://localhost:1/v1")), "--dry-run", "--budget", budget])
    assert left.value.code == 2
    assert "Error" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("budget", "verdict"),
    [(1.0, "is enough"), (0.02, "should be enough"), (0.00001, "will probably not be enough")],
)
def test_a_plan_says_whether_the_budget_is_enough(
    photos: Path, budget: float, verdict: str
) -> None:
    plan = api.plan(study(photos, "http://localhost:1/v1"), budget=budget)
    assert verdict in plan.notes[-1]


def test_a_plan_refuses_what_no_budget_can_be_held_with(photos: Path) -> None:
    with pytest.raises(InputError, match="price"):
        api.plan(study(photos, "http://localhost:1/v1", "openai/unheard-of"), budget=5)


def test_prices_of_ones_own_hold_a_budget_for_a_model_of_no_list(photos: Path) -> None:
    with serve(ConstantAnswerer("positive")) as server:
        file = study(photos, server.url, "openai/unheard-of")
        text = file.read_text().replace("in_flight", "prices: {input: 1, output: 2}, in_flight")
        file.write_text(text)
        run = api.run(file, out=photos.parent / "run", budget=5)
    usage = run.responses[["input_tokens", "output_tokens"]].sum()
    expected = usage["input_tokens"] * 1e-6 + usage["output_tokens"] * 2e-6
    assert run.folder.manifest["budget"]["spent_usd"] == pytest.approx(expected)
