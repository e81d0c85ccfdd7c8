"""An answer is there once it is committed, whatever happens afterwards."""

import asyncio
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mllmsent.foundation import InputError
from mllmsent.models.interface import Response
from mllmsent.runs.cache import Answer, AnswerCache

texts = st.text(max_size=50)
responses = st.builds(
    Response,
    status=st.sampled_from(["ok", "refused"]),
    text=texts,
    reasoning=texts,
    stop_reason=texts,
    label_scores=st.none() | st.dictionaries(texts, st.floats(-99, 0), max_size=3),
    label_tokens=st.none() | st.dictionaries(texts, st.integers(1, 9), max_size=3),
    label_prior=st.none() | st.dictionaries(texts, st.floats(-99, 0), max_size=3),
    image_sha256=st.lists(st.text("0123456789abcdef", min_size=4), max_size=2).map(tuple),
    input_tokens=st.none() | st.integers(0, 10**6),
    latency_s=st.none() | st.floats(0, 100),
    attempts=st.integers(1, 5),
)


@given(response=responses)
@settings(max_examples=50)
def test_a_response_comes_back_as_it_was(
    response: Response, tmp_path_factory: pytest.TempPathFactory
) -> None:
    cache = AnswerCache(tmp_path_factory.mktemp("cache") / "a.sqlite")
    asyncio.run(cache.put({"k": response}))
    assert cache.get_many(["k", "other"])["k"].response == response
    assert cache.known(["k", "other"]) == {"k"}
    cache.close()


def test_many_at_once_share_commits_and_all_arrive(tmp_path: Path) -> None:
    cache = AnswerCache(tmp_path / "a.sqlite")

    async def put_all() -> None:
        await asyncio.gather(
            *(cache.put({f"k{i}": Response("ok", text=str(i))}) for i in range(1200))
        )

    asyncio.run(put_all())
    found = cache.get_many(f"k{i}" for i in range(1200))
    assert [found[f"k{i}"].response.text for i in range(1200)] == [str(i) for i in range(1200)]
    cache.close()


def test_the_first_answer_stays(tmp_path: Path) -> None:
    """Two processes that ask the same thing keep one answer: results do not change afterwards."""
    cache = AnswerCache(tmp_path / "a.sqlite")
    asyncio.run(cache.put({"k": Response("ok", text="first")}))
    asyncio.run(cache.put({"k": Response("ok", text="second")}))
    assert cache.get_many(["k"])["k"].response.text == "first"
    cache.close()


def test_what_was_put_survives_a_process_that_is_killed(tmp_path: Path) -> None:
    file = tmp_path / "a.sqlite"
    script = (
        "import asyncio, os, signal, sys\n"
        "from pathlib import Path\n"
        "from mllmsent.models.interface import Response\n"
        "from mllmsent.runs.cache import AnswerCache\n"
        "cache = AnswerCache(Path(sys.argv[1]))\n"
        "asyncio.run(cache.put({'k': Response('ok', text='kept')}))\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(file)], check=False)
    assert done.returncode == -9
    cache = AnswerCache(file)
    assert cache.get_many(["k"])["k"].response.text == "kept"
    cache.close()


def test_answers_of_a_moved_run_are_added_once(tmp_path: Path) -> None:
    cache = AnswerCache(tmp_path / "a.sqlite")
    answers = {"k": Answer(Response("ok", text="x"), datetime(2026, 1, 2, tzinfo=UTC))}
    assert cache.add(answers) == 1
    assert cache.add(answers) == 0
    assert cache.get_many(["k"])["k"] == answers["k"]
    cache.close()


def test_a_file_that_is_no_cache_is_named_with_its_cure(tmp_path: Path) -> None:
    file = tmp_path / "a.sqlite"
    file.write_bytes(b"not a database" * 100)
    with pytest.raises(InputError, match=r"a\.sqlite: .*cannot be used as the answer cache"):
        AnswerCache(file)


def test_a_cache_of_a_newer_version_is_not_touched(tmp_path: Path) -> None:
    file = tmp_path / "a.sqlite"
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA user_version=99")
    connection.close()
    with pytest.raises(InputError, match="format 99"):
        AnswerCache(file)
