"""A study goes from its file to a run folder, and on from wherever it was stopped."""

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from PIL import Image

from mllmsent import api
from mllmsent.foundation import InputError
from mllmsent.foundation.tables import TABLES
from mllmsent.loopback import Faults, serve
from mllmsent.runs import open_folder

Write = Callable[..., Path]


class ByColor:
    """Tells a bright square from a dark one, and fails in known ways."""

    def answer(
        self,
        images: Sequence[bytes],
        text: str,
        schema: Mapping[str, Any] | None,
        model: str,
        sample_seed: int,
    ) -> str:
        red = Image.open(BytesIO(images[-1])).convert("RGB").getpixel((20, 20))
        assert isinstance(red, tuple)
        bright = red[0] > 200
        label = "positive" if bright else "negative" if red[0] < 100 else "neutral"
        if "Describe" in text:
            return f"A square that looks {'bright and joyful' if bright else 'plain or dark'}."
        if schema is not None and "atmosphere" in schema["properties"]:
            return json.dumps(
                {
                    "atmosphere": "A plain color.",
                    "subjects": [],
                    "cues": [{"cue": "brightness", "direction": label}],
                    "narrative": "Nothing happens.",
                    "verdict": label,
                }
            )
        return json.dumps({"label": label}) if schema is not None else label


def test_every_pathway_goes_from_images_to_a_leaderboard(photos: Path, write_study: Write) -> None:
    with serve(ByColor()) as server:
        study = write_study(
            server.url, "pathways: [direct, described, scene]\nclassifiers: [vader, linear]\n"
        )
        run = api.run(study, out=study.parent / "run")
        again = api.run(study, out=study.parent / "run")
        assert len(server.log) == 18 * 3, "run again, it sends nothing"
    assert run.complete
    of_imports = {"imported_rows", "imported_claims", "training_curves"}
    for name in TABLES.keys() - of_imports - {"features"}:
        assert (run.folder.path / f"{name}.parquet").exists()
    board = run.leaderboard().set_index("system")
    assert board.loc["vllm/m · direct · zero-shot", "accuracy"] == 1
    assert board.loc["vllm/m · scene · scene", "macro_f1"] == 1
    assert set(board["n"]) == {18}
    assert len(run.readings[run.readings["field"] == "cue"]) == 18
    assert len(run.descriptions) == 18
    pd.testing.assert_frame_equal(again.predictions, run.predictions)
    pd.testing.assert_frame_equal(again.leaderboard(), run.leaderboard())


def test_a_dry_run_sends_nothing_and_tells_the_plan(photos: Path, write_study: Write) -> None:
    with serve(ByColor()) as server:
        study = write_study(server.url)
        plan = api.plan(study, out=study.parent / "run")
        assert len(server.log) == 0
        api.run(study, out=study.parent / "run")
        after = api.plan(study, out=study.parent / "run")
    assert (plan.lines[0].requests, plan.lines[0].to_send) == (18, 18)
    assert plan.lines[0].input_tokens > 18 * 20
    assert (after.lines[0].cached, after.lines[0].to_send) == (18, 0)


def test_a_run_folder_can_be_moved_and_goes_on(
    photos: Path, write_study: Write, tmp_path: Path
) -> None:
    with serve(ByColor()) as server:
        study = write_study(server.url)
        api.run(study, out=tmp_path / "here" / "run")
        moved = tmp_path / "elsewhere" / "deep" / "run"
        shutil.move(tmp_path / "here" / "run", moved)
        shutil.copytree(photos, tmp_path / "elsewhere" / "photos")
        shutil.rmtree(tmp_path / "here")
        opened = api.open_run(moved)
        assert len(opened.leaderboard()) == 1
        # The answers came along in the folder's own table; the old cache is gone.
        api.run(moved)
        assert len(server.log) == 18


def test_what_fails_is_a_status_with_its_reason_and_is_asked_again(
    photos: Path, write_study: Write
) -> None:
    with serve(ByColor(), faults=Faults(server_error=0.5, seed=3)) as server:
        study = write_study(server.url, options=", max_retries: 0")
        run = api.run(study, out=study.parent / "run")
    failed = run.responses[run.responses["status"] == "failed"]
    assert 0 < len(failed) < 18
    assert failed["error"].str.match(r"50[0-3] server error").all()
    assert (failed["text"] == "").all()
    assert not run.complete
    assert "have no answer" in " ".join(run.warnings())
    row = run.leaderboard().iloc[0]
    assert row["failed"] == len(failed)
    assert row["n"] == 18 - len(failed), "what failed is not scored as wrong"
    assert row["accuracy"] == 1
    assert pd.isna(row["rank"]), "a system with more than 1 % failed is not ranked"
    with serve(ByColor(), port=server.port) as healthy:
        later = api.run(study, out=study.parent / "run")
        assert len(healthy.log) == len(failed), "only what failed is asked again"
    assert later.complete


def test_refusals_and_unreadable_answers_count_as_wrong_and_are_shown(
    photos: Path, write_study: Write
) -> None:
    with serve(ByColor(), faults=Faults(refusal=0.3, seed=1)) as server:
        study = write_study(server.url)
        run = api.run(study, out=study.parent / "run")
    row = run.leaderboard().iloc[0]
    refused = int((run.predictions["status"] == "refused").sum())
    assert refused > 0
    assert row["refused"] == pytest.approx(refused / 18)
    assert row["accuracy"] == pytest.approx(1 - refused / 18)
    assert row["n"] == 18


def test_limit_filters_and_ids_choose_items_with_the_seed(photos: Path, write_study: Write) -> None:
    def chosen(**changes: Any) -> list[str]:
        return list(api.run(study, out=study.parent / "run", **changes).items["item_id"])

    with serve(ByColor()) as server:
        study = write_study(server.url)
        assert len(chosen(limit=7)) == 7
        assert chosen(limit=7) == chosen(limit=7)
        assert chosen(limit=7) != chosen(limit=7, seed=5)
        assert chosen(ids=("positive/001.png",)) == ["positive/001.png"]


def test_conditions_and_repeats_are_rows_and_not_systems(photos: Path, write_study: Write) -> None:
    with serve(ByColor()) as server:
        study = write_study(server.url, "conditions: [none, grey]\nrepeats: 2\n")
        run = api.run(study, out=study.parent / "run")
    assert len(run.predictions) == 18 * 4
    assert run.predictions["system_id"].nunique() == 1
    board = run.leaderboard().iloc[0]
    assert (board["n"], board["n_items"]) == (36, 18), "repeats count, conditions stand apart"
    sha = run.responses[run.responses["condition"] == "grey"]["image_sha256"]
    assert not set(sha) & set(run.items["sha256"]), "the changed picture is what was sent"


def test_few_shot_examples_never_come_from_the_items_own_fold(
    photos: Path, write_study: Write
) -> None:
    asked: list[tuple[int, str]] = []

    class Spy(ByColor):
        def answer(self, images: Sequence[bytes], *rest: Any) -> str:
            asked.append((len(images), rest[0]))
            return super().answer(images, *rest)

    with serve(Spy()) as server:
        study = write_study(server.url, "strategies: [few-shot]\nfolds: {n: 3}\n")
        run = api.run(study, out=study.parent / "run")
    assert {count for count, _ in asked} == {4}, "one example per label, and the item"
    assert run.predictions["fold"].notna().all()
    assert (run.leaderboard()["accuracy"] == 1).all()


def test_samples_are_put_together_by_majority(photos: Path, write_study: Write) -> None:
    class Wavering(ByColor):
        def answer(self, images: Sequence[bytes], text: str, *rest: Any) -> str:
            label = super().answer(images, text, *rest)
            return "Answer: neutral" if rest[-1] % 5 == 0 else f"Thinking.\nAnswer: {label}"

    with serve(Wavering()) as server:
        study = write_study(server.url, "strategies: [self-consistency]\nsettings: {seed: 10}\n")
        run = api.run(study, out=study.parent / "run")
        assert len(server.log) == 18 * 5
    assert (run.leaderboard()["accuracy"] == 1).all()
    positive = run.predictions[run.predictions["item_id"].str.startswith("positive")].iloc[0]
    assert positive["scores"] == {"positive": 0.8, "neutral": 0.2}
    assert positive["score_kind"] == "votes"
    assert len(positive["request_keys"]) == 5


def test_images_without_labels_are_asked_about_and_not_scored(
    tmp_path: Path, write_study: Write
) -> None:
    (tmp_path / "photos").mkdir()
    for number in range(3):
        color = (250, 200, number)
        Image.new("RGB", (24, 24), color).save(tmp_path / "photos" / f"{number} ü.png")
    with serve(ByColor()) as server:
        run = api.run(write_study(server.url), out=tmp_path / "run")
    assert run.predictions["label"].tolist() == ["positive"] * 3
    assert len(run.leaderboard()) == 0
    assert any("nothing can be scored" in note for note in run.warnings())


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        ("strategies: [zero-shoot]\n", "'zero-shot'"),
        ("strategies: [describe]\n", "words the direct pathway"),
        ("strategies: [zero-shot, describe]\n", "Add 'described' to `pathways`"),
        ("conditions: [gray]\n", "'grey'"),
        ("items: {where: {colr: red}}\n", "no column 'colr'"),
        ("items: {ids: [positive/01.png]}\n", "no item 'positive/01.png'"),
        ("pathways: [described]\nclassifiers: [liner]\n", "'linear'"),
        ("pathways: [described]\nfolds: {n: 40}\n", "cannot be divided into 40 folds"),
    ],
)
def test_what_does_not_fit_is_named_before_anything_is_sent(
    photos: Path, write_study: Write, extra: str, said: str
) -> None:
    with serve(ByColor()) as server:
        study = write_study(server.url, extra)
        with pytest.raises(InputError) as caught:
            api.run(study, out=study.parent / "run")
        assert said in str(caught.value)
        assert len(server.log) == 0


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"[]", "no `format`"),
        (b'{"format": 99}', "format 99"),
        (b'{"format": 1}', "no 'dataset'"),
        (b'{"format": 1, "dataset": "x", "schemes": {}, "protocols": {}}', "no 'dataset'"),
        (b'{"format": 1, "dataset": {}, "schemes": [], "protocols": {}}', "no 'schemes'"),
        (b"[" * 100_000, "not JSON"),
        (b"\xff\xfe", "not JSON"),
    ],
)
def test_a_broken_manifest_is_named_with_its_cure(
    tmp_path: Path, content: bytes, said: str
) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "manifest.json").write_bytes(content)
    with pytest.raises(InputError, match=r"manifest\.json") as caught:
        open_folder(folder)
    assert said in str(caught.value)


def test_a_scheme_of_a_stranger_s_run_is_a_definition_and_no_path(tmp_path: Path) -> None:
    manifest: dict[str, Any] = {"format": 1, "dataset": {}, "protocols": {}}
    for definition, said in (("/etc/hostname", "no definition"), ({"name": "x"}, "cannot be read")):
        text = json.dumps(manifest | {"schemes": {"x": definition}})
        (tmp_path / "manifest.json").write_text(text, encoding="utf-8")
        run = open_folder(tmp_path)
        with pytest.raises(InputError, match=rf"manifest\.json.*{said}"):
            _ = run.schemes
        assert run.dataset_root() == tmp_path.resolve()


def test_a_run_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "manifest.json").write_text("{}")
    with pytest.raises(InputError, match="Runs beside it: mine"):
        open_folder(tmp_path / "other")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="manifest is missing"):
        open_folder(tmp_path / "empty")
