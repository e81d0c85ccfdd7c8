"""`mllmsent batches`, and what `docs/batches.md` says: what was handed in can be seen and ended."""

import re
import shlex
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.cli.saying import say
from tests.runs.conftest import draw
from tests.runs.test_batch_study import Interrupting

from mllmsent import api
from mllmsent.cli.batches import command
from mllmsent.loopback import BatchRules, ConstantAnswerer, serve
from mllmsent.models.batches import SentImages
from mllmsent.models.interface import Response
from mllmsent.runs.batch_ledger import BatchLedger, KeptBatch, KeptRequest
from mllmsent.runs.cache import Answer, AnswerCache
from mllmsent.runs.run import RunStoppedError
from mllmsent.runs.study import parse_study

Capture = pytest.CaptureFixture[str]
PAGE = (Path(__file__).resolve().parents[2] / "docs" / "batches.md").read_text(encoding="utf-8")


def write_study(folder: Path, url: str, model: str = "openai/tester") -> Path:
    study = folder / f"{model.partition('/')[2]}.yaml"
    study.write_text(
        f"name: s\ndataset: photos\nschemes: [polarity3]\nmode: batch\n"
        f"models: [{{model: {model}, options: {{base_url: '{url}', server_name: s, poll_s: 0.05}}}}]\n"
    )
    return study


def test_a_batch_is_listed_canceled_and_fetched(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    draw(tmp_path / "photos", 2)
    with serve(ConstantAnswerer(), batches=BatchRules(takes_s=3600)) as server:
        study = write_study(tmp_path, server.url)
        with pytest.raises(RunStoppedError):
            api.run(study, observer=Interrupting())
        listed = say(capsys, "batches", "list")
        (batch,) = re.findall(r"batch_\w+", listed.out)
        assert "under way" in listed.out
        other = write_study(tmp_path, server.url, "openai/another")
        wrong = say(capsys, "batches", "cancel", str(other), batch)
        assert (wrong.code, "Name the study that handed it in" in wrong.err) == (2, True)
        assert "being canceled" in say(capsys, "batches", "cancel", str(study), batch).out
        run = api.run(study)
        assert not server.log.entries
    assert "canceled: the batch was ended before this was answered (6)" in run.warnings()[-1]
    assert '"state": "0 answered, 6 not"' in say(capsys, "batches", "list", "--json").out
    again = say(capsys, "batches", "cancel", str(study), batch)
    assert (again.code, f"No batch '{batch}' is under way" in again.err) == (2, True)


def test_a_forgotten_batch_has_its_questions_asked_anew(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    draw(tmp_path / "photos", 2)
    with serve(ConstantAnswerer(), batches=BatchRules(takes_s=3600)) as server:
        study = write_study(tmp_path, server.url)
        with pytest.raises(RunStoppedError):
            api.run(study, observer=Interrupting())
    with serve(ConstantAnswerer()) as another:  # at the same name, but it knows nothing
        study = write_study(tmp_path, another.url)
        lost = api.run(study).warnings()[-1]
        (batch,) = set(re.findall(r"batch_\w+", lost))
        assert f"knows no {batch}; was it handed in with the key of another account?" in lost
        assert "6 questions are free again" in say(capsys, "batches", "forget", batch).out
        assert api.run(study).complete
    assert '"state": "forgotten"' in say(capsys, "batches", "list", "--json").out


def test_a_batch_is_listed_as_it_stands_whenever_the_run_that_handed_it_in_was_ended(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    study = write_study(tmp_path, "http://127.0.0.1:9/v1")
    asked = KeptRequest("0" * 64, schema="none", images=SentImages())
    batch = KeptBatch("0" * 16, "openai/tester", "", "intended", "", 1, datetime.now(UTC))
    with closing(AnswerCache(tmp_path / "runs" / "answers.sqlite")) as cache:
        with closing(BatchLedger(cache.path)) as ledger:
            ledger.intend(batch, [asked])
            assert "id not heard yet" in say(capsys, "batches", "list").out
            unheard = say(capsys, "batches", "cancel", str(study), batch.token)
            assert (unheard.code, "Run the study: it looks for the batch" in unheard.err) == (
                2,
                True,
            )
            ledger.update(replace(batch, stage="open", id="batch_1"))
            assert "under way" in say(capsys, "batches", "list").out
        cache.add({asked.key: Answer(Response("ok", text="x"), datetime.now(UTC))})
    assert "1 answered, 0 not" in say(capsys, "batches", "list").out


def test_without_a_cache_there_is_nothing_to_list(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    said = say(capsys, "batches", "list")
    assert (said.code, "There is no answer cache here" in said.err) == (2, True)
    (tmp_path / "text").write_text("no database, and rather long at that")
    said = say(capsys, "batches", "list", "--cache", "text")
    assert (said.code, "cannot be used as the answer cache" in said.err) == (2, True)


@pytest.mark.parametrize("words", re.findall(r"^\$ mllmsent batches (.+)$", PAGE, re.MULTILINE))
def test_every_command_of_the_page_is_understood(words: str) -> None:
    name, *rest = shlex.split(words)
    command.commands[name].make_context(name, list(rest))


def test_the_study_of_the_page_is_one() -> None:
    (text,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert parse_study(text).mode == "batch"
