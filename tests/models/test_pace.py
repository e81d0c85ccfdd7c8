"""How fast a model is asked, against simulated providers in virtual time."""

import asyncio
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.models.virtual_time import run

from mllmsent.loopback.rates import RateLimits, Rates
from mllmsent.models import Response
from mllmsent.models.served.anthropic.limits import anthropic_allowances
from mllmsent.models.served.openai.limits import openai_allowances
from mllmsent.models.served.pace import Pace
from mllmsent.models.served.wire import Allowance, Fault, FaultKind, Limited, Outcome

TOKENS = 400
FINE = Outcome(Response("ok", "fine", input_tokens=TOKENS - 20, output_tokens=20))


def failing(kind: FaultKind, after_s: float | None = None) -> Outcome:
    return Outcome(Response("failed", error=kind), Fault(kind, after_s))


@dataclass
class Provider:
    """Enforces limits by buckets that refill, and says how they stand."""

    limits: RateLimits
    latency_s: float = 0.2
    says_nothing: bool = False
    chance: random.Random = field(default_factory=lambda: random.Random(7))
    refused: list[float] = field(default_factory=list)
    answered: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._rates = Rates(self.limits, lambda: asyncio.get_running_loop().time())

    async def ask(self, tokens: int = TOKENS) -> Outcome:
        # What is sent evenly arrives less evenly.
        await asyncio.sleep(self.chance.uniform(0, 0.05))
        turned_away = self._rates.take("them", "model", tokens, output_apart=False)
        now = asyncio.get_running_loop().time()
        (self.answered if turned_away is None else self.refused).append(now)
        told: Mapping[str, Limited] = {"requests": "requests", "tokens": "tokens"}
        standings = {} if self.says_nothing else self._rates.standings("them", "model")
        allowances = tuple(
            Allowance(told[name], each.limit, float(int(each.remaining)))
            for name, each in standings.items()
        )
        if turned_away is not None:
            return Outcome(
                Response("failed"), Fault("rate_limit", turned_away[1]), allowances=allowances
            )
        await asyncio.sleep(self.latency_s * self.chance.uniform(0.5, 2))
        return Outcome(FINE.response, allowances=allowances)


async def keep_asking(pace: Pace, ask: Callable[[], object], workers: int, until_s: float) -> None:
    async def work() -> None:
        again = False
        while asyncio.get_running_loop().time() < until_s:
            async with pace.turn(again=again) as turn:
                outcome = await ask()  # type: ignore[misc]
                pace.learn(turn, outcome)
            again = outcome.fault is not None

    await asyncio.gather(*(work() for _ in range(workers)))


MINUTES = 8


@pytest.mark.parametrize(
    ("limits", "fair"),
    [
        (RateLimits(requests_per_minute=600), 600),
        (RateLimits(requests_per_minute=600, burst_s=1.0), 600),
        (RateLimits(requests_per_minute=60), 60),
        (RateLimits(tokens_per_minute=TOKENS * 300), 300),
        (RateLimits(requests_per_minute=600, tokens_per_minute=TOKENS * 300), 300),
    ],
    ids=["requests", "held over a second", "few", "tokens", "both"],
)
def test_a_limit_is_used_and_not_passed(limits: RateLimits, fair: float) -> None:
    provider = Provider(limits)
    run(keep_asking(Pace(256), provider.ask, 256, MINUTES * 60))
    later = [at for at in provider.answered if at >= 60]
    refused = [at for at in provider.refused if at >= 60]
    assert len(later) / (MINUTES - 1) >= 0.95 * fair
    assert len(refused) < 0.01 * len(later)


def test_a_limit_is_shared_with_somebody_else() -> None:
    provider = Provider(RateLimits(requests_per_minute=600))

    async def both() -> None:
        await asyncio.gather(
            keep_asking(Pace(64), provider.ask, 64, MINUTES * 60),
            keep_asking(Pace(64), provider.ask, 64, MINUTES * 60),
        )

    run(both())
    later = [at for at in provider.answered if at >= 60]
    refused = [at for at in provider.refused if at >= 60]
    assert len(later) / (MINUTES - 1) >= 0.95 * 600
    assert len(refused) < 0.05 * len(later)


def test_where_nothing_is_said_a_complaint_is_waited_out() -> None:
    provider = Provider(RateLimits(requests_per_minute=60), says_nothing=True)
    run(keep_asking(Pace(64), provider.ask, 64, MINUTES * 60))
    assert len(provider.answered) / MINUTES >= 0.95 * 60
    # All wait as long as one was told to, and few find out together that it was too short.
    assert len(provider.refused) < 1.5 * len(provider.answered)


def test_twenty_are_asked_at_first_and_twice_as_many_while_all_is_well() -> None:
    most: list[int] = []

    async def ask() -> Outcome:
        most.append(pace.under_way)
        await asyncio.sleep(1)
        return FINE

    pace = Pace(100)
    run(keep_asking(pace, ask, 120, 9.5))
    assert most[:20] == list(range(1, 21))
    assert max(most[:60]) == 40
    assert max(most) == pace.at_once == 100  # and no more than the most


def test_those_turned_away_together_cut_once() -> None:
    async def ask() -> Outcome:
        await asyncio.sleep(1)
        return failing("rate_limit", 5.0)

    pace = Pace(100)
    run(keep_asking(pace, ask, 30, 0.5))
    # The other ten follow after the pause, and are cut for themselves.
    assert pace.at_once == 12


def test_after_a_cut_it_cools_down_and_then_grows_slowly() -> None:
    complain = [True]

    async def ask() -> Outcome:
        await asyncio.sleep(0.1)
        return failing("rate_limit", 0.01) if complain and complain.pop() else FINE

    async def go() -> tuple[int, int, int]:
        await keep_asking(pace, ask, 200, 0.1)
        at_first = pace.at_once
        await keep_asking(pace, ask, 200, 0.5)
        cooled = pace.at_once
        await keep_asking(pace, ask, 200, 3.0)
        return at_first, cooled, pace.at_once

    pace = Pace(200)
    at_first, cooled, later = run(go())
    assert (at_first, cooled) == (16, 16)
    assert 16 < later < 60


def asked_at_once(share: dict[FaultKind, float], latency_s: float = 2.0) -> float:
    """How many are under way in the mean of ten minutes, where faults come whatever the pace."""
    chance, done = random.Random(3), [0]

    async def ask() -> Outcome:
        await asyncio.sleep(latency_s * chance.uniform(0.5, 1.5))
        done[0] += 1
        drawn = chance.random()
        for kind, part in share.items():
            if (drawn := drawn - part) < 0:
                return failing(kind, 0.05 if kind == "rate_limit" else None)
        return FINE

    run(keep_asking(Pace(256), ask, 256, 600))
    return done[0] / 600 * latency_s


def test_a_large_provider_that_is_busy_now_and_then_is_asked_as_fast_as_before() -> None:
    assert asked_at_once({"overloaded": 0.01}) > 200


def test_a_provider_that_is_busy_for_many_is_asked_less() -> None:
    assert asked_at_once({"overloaded": 0.3}) < 30


def test_stray_rate_limits_do_not_bring_it_to_a_halt() -> None:
    assert asked_at_once({"rate_limit": 0.01}) > 15


def test_nobody_asks_while_the_server_asks_to_wait() -> None:
    sent: list[float] = []

    async def one(outcome: Outcome) -> None:
        async with pace.turn() as turn:
            sent.append(asyncio.get_running_loop().time())
            pace.learn(turn, outcome)

    async def go() -> None:
        await one(failing("rate_limit", 30.0))
        assert pace.paused_s == pytest.approx(30)
        await asyncio.gather(*(one(FINE) for _ in range(50)))

    pace = Pace(100)
    run(go())
    assert len(sent) == 51
    assert min(sent[1:]) >= 30


def test_large_images_are_fewer_at_once() -> None:
    most: dict[int, int] = {}

    async def one(n_bytes: int) -> None:
        async with pace.turn(n_bytes=n_bytes):
            most[n_bytes] = max(most.get(n_bytes, 0), pace.under_way)
            await asyncio.sleep(1)

    async def go() -> None:
        for n_bytes in (20_000_000, 1_000_000, 10**12):
            tasks = [asyncio.create_task(one(n_bytes)) for _ in range(50)]
            await asyncio.sleep(0.5)
            tasks.pop().cancel()  # whoever goes away leaves its place to others
            await asyncio.gather(*tasks)

    pace = Pace(100)
    run(go())
    assert most == {20_000_000: 12, 1_000_000: 20, 10**12: 1}
    assert pace.under_way == 0


def test_what_was_sent_before_goes_before_what_was_not() -> None:
    order: list[str] = []

    async def one(name: str, *, again: bool) -> None:
        async with pace.turn(again=again):
            order.append(name)
            await asyncio.sleep(1)

    async def go() -> None:
        first = [asyncio.create_task(one(name, again=False)) for name in "abc"]
        await asyncio.sleep(0.5)
        await asyncio.gather(*first, one("again", again=True))

    pace = Pace(1)
    run(go())
    assert order == ["a", "again", "b", "c"]


def test_a_server_that_only_fails_is_asked_by_one_at_a_time_and_less_and_less() -> None:
    sent: list[float] = []
    back_at = 100.0

    async def ask() -> Outcome:
        now = asyncio.get_running_loop().time()
        sent.append(now)
        await asyncio.sleep(0.1)
        return FINE if now >= back_at else failing("server_error")

    pace = Pace(50)
    run(keep_asking(pace, ask, 50, back_at + 40))
    while_down = [at for at in sent if at < back_at]
    assert 20 <= len(while_down) <= 40
    gaps = [after - before for before, after in zip(while_down[-5:], while_down[-4:], strict=False)]
    assert gaps == sorted(gaps)
    assert len([at for at in sent if at >= back_at]) > 1000  # and it is asked as before


def test_how_long_there_was_nothing_but_failures_is_known() -> None:
    async def go() -> tuple[float, float]:
        async def ask() -> Outcome:
            return failing("connection")

        await keep_asking(pace, ask, 20, 200)
        down = pace.breaker.down_s(asyncio.get_running_loop().time())
        async with pace.turn() as turn:
            pace.learn(turn, FINE)
        return down, pace.breaker.down_s(asyncio.get_running_loop().time())

    pace = Pace(50)
    down, up = run(go())
    assert down >= 200
    assert up == 0


KINDS: list[FaultKind | None] = [
    None, "rate_limit", "overloaded", "server_error", "connection", "timeout", "lasting",
]  # fmt: skip


@given(
    st.lists(
        st.tuples(st.sampled_from(KINDS), st.floats(0, 3), st.none() | st.floats(0, 20)),
        min_size=1,
        max_size=60,
    ),
    st.integers(1, 40),
    st.lists(st.floats(0, 5), max_size=10),
)
def test_whatever_happens_everybody_has_a_turn_and_no_turn_is_lost(
    script: list[tuple[FaultKind | None, float, float | None]],
    most: int,
    gone_after: list[float],
) -> None:
    async def one(kind: FaultKind | None, takes: float, wait: float | None) -> None:
        async with pace.turn() as turn:
            assert pace.under_way <= most
            await asyncio.sleep(takes)
            pace.learn(turn, FINE if kind is None else failing(kind, wait))
            done.append(1)

    async def go() -> None:
        tasks = [asyncio.create_task(one(*each)) for each in script]
        leaving = [asyncio.create_task(one(None, 1.0, None)) for _ in gone_after]
        for after, task in zip(gone_after, leaving, strict=True):
            asyncio.get_running_loop().call_later(after, task.cancel)
        await asyncio.gather(*tasks)
        await asyncio.gather(*leaving, return_exceptions=True)

    pace, done = Pace(most), list[int]()
    run(go())
    assert len(done) >= len(script)
    assert pace.under_way == 0


def test_what_openai_says_of_its_limits() -> None:
    # The worked example of the documentation, with its tokens' limit per minute.
    headers = {
        "x-ratelimit-limit-requests": "60",
        "x-ratelimit-limit-tokens": "150000",
        "x-ratelimit-remaining-requests": "59",
        "x-ratelimit-remaining-tokens": "149984",
        "x-ratelimit-reset-requests": "1s",
        "x-ratelimit-reset-tokens": "6ms",
    }
    assert openai_allowances(headers) == (
        Allowance("requests", 60, 59),
        Allowance("tokens", 150_000, 149_984),
    )


@pytest.mark.parametrize(
    ("limit", "remaining", "reset"),
    [("14400", "14370", "2m59.56s"), ("14400", "14399", "6s"), ("200", "150", "7h12m0s")],
)
def test_a_limit_per_day_sets_no_pace(limit: str, remaining: str, reset: str) -> None:
    headers = {
        "x-ratelimit-limit-requests": limit,
        "x-ratelimit-remaining-requests": remaining,
        "x-ratelimit-reset-requests": reset,
    }
    assert openai_allowances(headers) == ()


def test_what_anthropic_says_of_its_limits() -> None:
    headers = {
        "anthropic-ratelimit-requests-limit": "50",
        "anthropic-ratelimit-requests-remaining": "49",
        "anthropic-ratelimit-input-tokens-limit": "30000",
        "anthropic-ratelimit-input-tokens-remaining": "29000",
        "anthropic-ratelimit-output-tokens-limit": "8000",
        "anthropic-ratelimit-output-tokens-remaining": "8000",
        "anthropic-ratelimit-tokens-limit": "38000",
    }
    assert anthropic_allowances(headers) == (
        Allowance("requests", 50, 49),
        Allowance("input tokens", 30_000, 29_000),
        Allowance("output tokens", 8_000, 8_000),
    )


@given(st.dictionaries(st.sampled_from(["limit", "remaining", "reset"]), st.text(max_size=20)))
def test_headers_may_say_anything(told: dict[str, str]) -> None:
    openai = {f"x-ratelimit-{name}-requests": value for name, value in told.items()}
    anthropic = {f"anthropic-ratelimit-requests-{name}": value for name, value in told.items()}
    for allowance in (*openai_allowances(openai), *anthropic_allowances(anthropic)):
        assert allowance.per_minute > 0
        assert allowance.remaining is None or allowance.remaining >= 0
