"""Keys and passwords are in nothing that a study leaves behind, whatever a server does with them."""

import asyncio
import base64
import logging
import re
import sqlite3
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pandas as pd
import pytest
from tests.cli.saying import say
from tests.models.samples import request as question
from tests.models.test_checkup_served import addresses
from tests.runs.conftest import draw

from mllmsent.loopback import Faults, LoopbackServer, Reply, serve
from mllmsent.loopback.wire import WireError
from mllmsent.models import get_model

Capture = pytest.CaptureFixture[str]

KEYS = {
    "openai": "sk-planted/0123+4567=89abCDefGHijKL",
    "anthropic": "sk-ant-planted/0123+4567=89abCDefGH",
    "google": "AIzaPlanted/0123+4567=89abCDefGHijKLm",
}
"""With characters that look different in an address."""
_ADDRESS = {
    "openai": "OPENAI_BASE_URL",
    "anthropic": "ANTHROPIC_BASE_URL",
    "google": "GOOGLE_GEMINI_BASE_URL",
}
PASSWORD = "planted;Pa55word&0123/4567"
LOGIN = f"me:{quote(PASSWORD, safe='')}@"
LOGGERS = ("", "openai", "anthropic", "google_genai", "httpx2", "httpcore2", "aiohttp", "asyncio")


def echoes(secret: str) -> list[str]:
    """A secret as a server may say it back."""
    return [
        secret,
        quote(secret, safe=""),
        f'{{"headers": {{"authorization": "Bearer {secret}"}}}}',
        f"{secret[:9]}\n{secret[9:20]}\\n{secret[20:]}",
        base64.b64encode(f"Bearer {secret}".encode()).decode(),
        base64.urlsafe_b64encode(f"me:{secret}".encode()).decode(),
        secret.encode().hex(),
        " ".join(secret),
        f"it begins with {secret[:-6]}",
    ]


class Hostile:
    """Says the secrets of whoever asks back: in errors, answers, thoughts and refusals.

    Args:
        secrets: What it heard.
    """

    def __init__(self, *secrets: str) -> None:
        told = zip(*map(echoes, secrets), strict=True)
        self.said = [echo for together in told for echo in together]
        self.ways = [self.in_an_error, self.in_an_answer, self.in_a_thought, self.in_a_refusal]
        self.count = 0

    def answer(
        self,
        images: Sequence[bytes],
        text: str,
        schema: Mapping[str, Any] | None,
        model: str,
        sample_seed: int,
    ) -> Reply:
        way = self.ways[self.count % len(self.ways)]
        echo = self.said[self.count // len(self.ways) % len(self.said)]
        self.count += 1
        return way(echo)

    def in_an_error(self, echo: str) -> Reply:
        masked = f"{self.said[0][:7]}***{self.said[0][-4:]}"
        raise WireError("invalid", f"Bad header {echo}, that is {masked}")

    def in_an_answer(self, echo: str) -> Reply:
        return Reply(f"positive, says {echo}")

    def in_a_thought(self, echo: str) -> Reply:
        return Reply("negative", reasoning=f"I was told {echo}")

    def in_a_refusal(self, echo: str) -> Reply:
        return Reply("", refusal=f"I do not serve {echo}")


def needles(secret: str) -> set[str]:
    """What of a secret must be nowhere: all of it, a good part, and either in another dress."""
    code = {base64.b64encode(bytes(before) + secret.encode()).decode()[8:32] for before in range(3)}
    return {
        secret[:14],
        secret[-14:],
        quote(secret, safe="")[:16],
        secret.encode().hex()[:24],
        *code,
        *(one.replace("+", "-").replace("/", "_") for one in code),
    }


def found(haystack: str, *secrets: str) -> list[str]:
    """Needles in a text, read as it is and without white space."""
    dense = re.sub(r"\\n|\s", "", haystack)
    wanted = {needle for secret in secrets for needle in needles(secret)}
    return [needle for needle in wanted if needle in haystack or needle in dense]


def texts(folder: Path) -> Iterator[tuple[str, str]]:
    """Every file below a folder as text, tables and databases cell by cell."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        yield str(path.relative_to(folder)), path.read_bytes().decode("latin-1")
        if path.suffix == ".parquet":
            table = pd.read_parquet(path)
            yield f"cells of {path.name}", "\n".join(str(row) for row in table.to_dict("records"))
        if path.read_bytes()[:13] == b"SQLite format":
            with closing(sqlite3.connect(path)) as database:
                yield f"rows of {path.name}", "\n".join(database.iterdump())


@pytest.fixture
def everything_logged(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """Each library writes down all that it can."""
    for name in LOGGERS:
        caplog.set_level(logging.DEBUG, logger=name)
    return caplog


def set_up(
    provider: str, server: LoopbackServer, login: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The key in the environment, and the address with a password, if any."""
    url = addresses(server)[provider]
    monkeypatch.setenv(f"{provider.upper()}_API_KEY", KEYS[provider])
    monkeypatch.setenv(_ADDRESS[provider], url.replace("://", f"://{login}", 1))


@pytest.mark.parametrize(
    ("provider", "login"),
    [("openai", LOGIN), ("anthropic", ""), ("google", LOGIN)],
    ids=["openai with a password", "anthropic", "google with a password"],
)
def test_nothing_that_a_study_leaves_behind_holds_a_key(
    provider: str,
    login: str,
    tmp_path: Path,
    capsys: Capture,
    everything_logged: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    key = KEYS[provider]
    draw(tmp_path / "photos", 12)
    (tmp_path / "study.yaml").write_text(
        f"name: keys\ndataset: photos\nschemes: [polarity3]\nmodels:\n"
        f"  - {{model: {provider}/m, options: {{max_retries: 1, timeout_s: 5}}}}\n"
        "intervals: {resamples: 100}\n"
    )
    monkeypatch.chdir(tmp_path)
    faults = Faults.mixed(0.2, slow_body_s=0.1, retry_after_s=0.01)
    secrets = (key, PASSWORD) if login else (key,)
    with serve(Hostile(*secrets), faults=faults) as server:
        set_up(provider, server, login, monkeypatch)
        said = [
            say(capsys, "run", "study.yaml", "--out", "run"),
            say(capsys, "report", "run"),
            say(capsys, "models", "check", f"{provider}/m"),
            say(capsys, "models", "check", f"{provider}/m", "--json"),
            say(capsys, "models", "show", f"{provider}/m"),
            say(capsys, "leaderboard", "run", "--json"),
        ]
    responses = pd.read_parquet(tmp_path / "run" / "responses.parquet")
    assert {"ok", "refused", "failed"} <= set(responses["status"])
    assert responses["text"].str.contains("[key]", regex=False).any()
    assert responses["error"].str.contains("[key]", regex=False).any()
    for name, text in texts(tmp_path):
        assert found(text, *secrets) == [], name
    for one in said:
        assert found(one.out + one.err, *secrets) == []
    assert len(everything_logged.records) > 100
    for record in everything_logged.records:
        assert found(f"{record.getMessage()} {record.args!r}", *secrets) == [], record.name
    assert found(everything_logged.text, *secrets) == []


@pytest.mark.parametrize("provider", KEYS)
def test_no_object_shows_a_key_nor_does_an_exception(
    provider: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serve(Hostile(KEYS[provider])) as server:
        set_up(provider, server, LOGIN, monkeypatch)
        monkeypatch.setenv("HTTPS_PROXY", f"http://{LOGIN}127.0.0.1:9")
        model: Any = get_model(f"{provider}/m")

        async def go() -> str:
            link = model.connect(model.endpoint())
            responses = await model.answer([question(f"{number}") for number in range(4)])
            shown = [model, model.door, model.identity, model.options, model.endpoint(), link]
            shown += [link.client, vars(link).keys(), *responses]
            await link.aclose()
            await model.aclose()
            return " ".join(map(repr, shown))

        shown = asyncio.run(go())
    for name in ("HTTPS_PROXY", _ADDRESS[provider]):
        monkeypatch.setenv(name, f"gopher://{LOGIN}nowhere")
        try:
            get_model(f"{provider}/m", base_url=None if "BASE" in name else "https://a.test")
            model.door.__class__.proxy.fget(model.door)
        except Exception:  # noqa: BLE001 - whatever it is, it is looked at
            shown += traceback.format_exc()
    assert found(shown, KEYS[provider], PASSWORD) == []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (f'base_url: "https://me:{PASSWORD}@gpu.test/v1"', "the environment, as OPENAI_BASE_URL"),
        ("api_key_env: sk-planted-0123456789", "never the key itself"),
        ("api_key: sk-planted-0123456789", "Unknown key"),
    ],
)
def test_a_secret_in_a_study_is_refused_and_not_said_back(
    options: str, said: str, tmp_path: Path, capsys: Capture
) -> None:
    """A run's folder keeps the study: what stands in it is passed on with it."""
    draw(tmp_path / "photos", 1)
    file = tmp_path / "study.yaml"
    file.write_text(
        "name: keys\ndataset: photos\nschemes: [polarity3]\n"
        f"models: [{{model: openai/m, options: {{{options}}}}}]\n"
    )
    told = say(capsys, "run", str(file), "--out", str(tmp_path / "run"))
    assert told.code == 2
    assert said in told.err
    assert found(told.out + told.err, PASSWORD, "sk-planted-0123456789") == []
    file.unlink()
    left = [text for _, text in texts(tmp_path)]
    assert found("".join(left), PASSWORD, "sk-planted-0123456789") == []
