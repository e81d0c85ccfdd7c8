"""Tables with named columns: what is found, what is asked for, and what hostile cells do."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from mllmsent.analysis import evidence_of, leaderboard
from mllmsent.foundation import InputError
from mllmsent.metrics import Resampling
from mllmsent.runs import RunFolder, open_folder
from mllmsent.runs.imports import import_run

Import = Callable[..., RunFolder]


def test_usual_names_of_columns_need_no_option(import_table: Import) -> None:
    run = import_table(
        "Image ID,y_true,y_pred,captioner,classifier,sigma,problem,kfold\n"
        "a,0,1,gpt,bart,3,p3,1\nb,1,1,gpt,bart,3,p3,2\nc,2,2,gpt,bart,3,p3,2\n"
    )
    (system,) = run.table("systems").to_dict(orient="records")
    assert (system["model"], system["pathway"], system["classifier"]) == (
        "gpt",
        "described",
        "bart",
    )
    rows = run.table("predictions")
    assert rows["label"].tolist() == ["negative", "negative", "positive"]
    assert rows["fold"].tolist() == [1, 2, 2]
    assert run.table("targets")["label"].tolist() == ["neutral", "negative", "positive"]
    assert run.table("targets")["min_agreement"].tolist() == [3, 3, 3]
    assert list(run.schemes) == ["p3-sigma3"]


@pytest.mark.parametrize(
    ("header", "answers"),
    [("id,label,target", "label"), ("id,label,prediction", "prediction")],
)
def test_label_is_the_answer_beside_a_target_and_the_target_beside_an_answer(
    header: str, answers: str, import_table: Import
) -> None:
    run = import_table(f"{header}\nx,positive,negative\n", columns={"scheme": "polarity3"})
    asked = run.table("imported_rows").iloc[0]
    assert asked["label"] == ("positive" if answers == "label" else "negative")
    assert {asked["label"], asked["target"]} == {"positive", "negative"}


def test_what_is_called_otherwise_is_listed_with_the_nearest(import_table: Import) -> None:
    with pytest.raises(InputError) as caught:
        import_table("who,predicton_,goldish\na,1,2\n", columns={"scheme": "polarity3"})
    assert "'who', 'predicton_', 'goldish'" in str(caught.value)
    assert "--label 'predicton_'" in str(caught.value)
    assert "theirs.csv" in str(caught.value)


def test_a_column_that_is_not_there_is_answered_with_the_nearest(import_table: Import) -> None:
    content = "id,answers,target\na,positive,negative\n"
    with pytest.raises(InputError, match="Did you mean 'answers'"):
        import_table(content, columns={"label": "anwers", "scheme": "polarity3"})
    # For what may be a value, a word like a column's name is more likely a slip than a name.
    with pytest.raises(InputError, match="=answer for that value"):
        import_table(content, columns={"label": "answers", "system": "answer"})


def test_a_word_that_is_no_column_is_one_value_for_all_rows(import_table: Import) -> None:
    run = import_table(
        "id,pred,gold\na,awe,fear\n",
        columns={"scheme": "mikels", "model": "vendor/m", "pathway": "scene"},
    )
    (system,) = run.table("systems").to_dict(orient="records")
    assert (system["model"], system["pathway"]) == ("vendor/m", "scene")
    assert run.study.models[0].shown == "vendor/m"


def test_a_file_that_names_nobody_is_a_system_by_its_own_name(import_table: Import) -> None:
    run = import_table("id,pred,gold\na,joy,fear\n", columns={"scheme": "plutchik"})
    assert run.table("systems")["name"].tolist() == ["theirs · direct"]


def test_two_files_are_two_systems_of_one_leaderboard(tmp_path: Path) -> None:
    for name, answers in (("keen", "abc"), ("dull", "bbb")):
        spelled = {"a": "negative", "b": "neutral", "c": "positive"}
        lines = [f"{n},{spelled[a]},{spelled['abc'[n % 3]]}" for n, a in enumerate(answers * 20)]
        (tmp_path / f"{name}.csv").write_text("id,pred,gold\n" + "\n".join(lines) + "\n")
    run = import_run(
        [tmp_path / "keen.csv", tmp_path / "dull.csv"],
        tmp_path / "run",
        columns={"scheme": "polarity3"},
    )
    board = leaderboard(evidence_of(run), resampling=Resampling(n_resamples=100))
    assert board.rows["system"].tolist() == ["keen · direct", "dull · direct"]
    assert board.rows["accuracy"].tolist() == [1.0, pytest.approx(1 / 3)]
    assert board.rows["group"].tolist() == ["a", "b"]


def test_weighted_f1_over_folds_is_that_of_scikit_learn(
    tmp_path: Path, weighted_f1: Callable[[RunFolder], dict[tuple[str, str], float]]
) -> None:
    dice = np.random.default_rng(5)
    n = 300
    table = pd.DataFrame(
        {
            "id": [f"i{row}" for row in range(n)],
            "target": dice.integers(0, 5, n),
            "prediction": dice.integers(0, 5, n),
            "fold": dice.integers(1, 6, n),
            "problem": "p5",
        }
    )
    table.loc[::50, "prediction"] = 92  # no code at all: wrong, as scikit-learn has it
    table.to_parquet(tmp_path / "t.parquet")
    run = import_run([tmp_path / "t.parquet"], tmp_path / "run")
    by_fold = [
        f1_score(part["target"], part["prediction"], average="weighted", zero_division=0)
        for _, part in table.groupby("fold")
    ]
    assert weighted_f1(run)["p5", "t · direct"] == pytest.approx(np.mean(by_fold), abs=1e-12)
    assert (run.table("predictions")["status"] == "unparsed").sum() == 6
    assert any("'92'" in note for note in run.manifest["notes"])


def test_labels_are_read_as_any_answer_is(import_table: Import) -> None:
    run = import_table(
        "id,pred,gold\n1,SlightlyPositive,4\n2,Positiv,4\n3,The sentiment is negative.,0\n"
        "4,not positive,4\n5,,4\n6,I cannot help with that request.,4\n",
        columns={"problem": "P5"},
    )
    rows = run.table("predictions")
    read = rows["label"].astype(object).where(rows["label"].notna(), None).tolist()
    assert read[:3] == ["slightly positive", "positive", "negative"]
    assert read[3:] == [None, None, None]
    assert rows["status"].tolist()[3:] == ["unparsed", "unparsed", "refused"]


def test_numbers_in_a_scheme_without_codes_are_asked_for(import_table: Import) -> None:
    content = "id,pred,gold\na,2,0\nb,0,0\nc,1,1\n"
    with pytest.raises(InputError) as caught:
        import_table(content, columns={"scheme": "polarity3"})
    assert caught.value.line == 2
    assert "'pred'" in str(caught.value)
    assert "--codes 0=negative,1=neutral,2=positive" in str(caught.value)
    run = import_table(
        content, columns={"scheme": "polarity3"}, codes=["0=neutral,1=negative,2=positive"]
    )
    assert run.table("predictions")["label"].tolist() == ["positive", "neutral", "negative"]


def test_codes_survive_what_spreadsheets_make_of_them(import_table: Import) -> None:
    run = import_table("id,pred,gold\na,2.0,0.0\nb,,0.0\n", columns={"problem": "p3"})
    assert run.table("imported_rows")["label"].isna().tolist() == [False, True]
    assert run.table("targets")["label"].tolist() == ["neutral", "neutral"]


def test_codes_that_nobody_published_are_stated_and_can_be_changed(import_table: Import) -> None:
    content = "id,pred,gold\na,1,0\nb,0,0\n"
    run = import_table(content, columns={"problem": "p2neg"})
    assert list(run.schemes) == ["p2minus"]
    assert run.table("targets")["label"].tolist() == ["negative", "negative"]
    assert any("not published" in note and "P2-" in note for note in run.manifest["notes"])
    run = import_table(content, columns={"problem": "p2neg"}, codes=["p2neg:0=positive,1=negative"])
    assert run.table("targets")["label"].tolist() == ["positive", "positive"]
    assert not any("not published" in note for note in run.manifest["notes"])


@pytest.mark.parametrize(
    ("codes", "words"),
    [(["zero"], "CODE=LABEL"), (["0=happy"], "no label of polarity3")],
)
def test_wrong_codes_are_told(codes: list[str], words: str, import_table: Import) -> None:
    with pytest.raises(InputError, match=words):
        import_table("id,pred,gold\na,0,0\n", columns={"scheme": "polarity3"}, codes=codes)


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({}, "In which labels"),
        ({"scheme": "polarty3"}, "polarity3"),
        ({"scheme": "valence-arousal"}, "only labels"),
        ({"problem": "p9"}, "P5, P3"),
        ({"scheme": "polarity3", "pathway": "directly"}, "direct"),
        ({"scheme": "polarity3", "min_agreement": "many"}, "whole number"),
        ({"scheme": "polarity3", "fold": "id"}, "number of no fold"),
        ({"scheme": "polarity3", "target": "=positive"}, "cannot be the same"),
        ({"nonsense": "x"}, "nonsense"),
    ],
)
def test_wrong_options_name_the_cure(
    columns: dict[str, str], words: str, import_table: Import
) -> None:
    with pytest.raises(InputError, match=words):
        import_table("id,pred,gold\na,positive,neutral\n", columns=columns)


def test_without_targets_nothing_is_scored_and_that_is_said(import_table: Import) -> None:
    content = "id,pred\na,positive\n"
    with pytest.raises(InputError, match="--target = to import"):
        import_table(content, columns={"scheme": "polarity3"})
    run = import_table(content, columns={"scheme": "polarity3", "target": "="})
    assert not len(run.table("targets"))
    assert not evidence_of(run).scored("polarity3")
    assert any("cannot be scored" in note for note in run.manifest["notes"])


def test_scores_of_labels_come_along(import_table: Import) -> None:
    content = (
        "id,pred,gold,neg,prob_negative,prob_neutral,prob_positive\na,positive,neutral,3,.1,.2,.7\n"
    )
    row = import_table(content, columns={"scheme": "polarity3"}).table("predictions").iloc[0]
    assert row["scores"] == {"negative": 0.1, "neutral": 0.2, "positive": 0.7}
    assert row["score_kind"] == "probability"
    run = import_table(content, columns={"scheme": "polarity3"}, scores={"negative": "neg"})
    assert run.table("predictions").iloc[0]["scores"] == {"negative": 3.0}
    assert run.table("predictions").iloc[0]["score_kind"] == "margin"
    with pytest.raises(InputError, match="no label 'negativ'"):
        import_table(content, columns={"scheme": "polarity3"}, scores={"negativ": "neg"})


def test_several_labels_stay_several(import_table: Import) -> None:
    run = import_table('id,pred,gold\na,awe|fear,"fear, awe"\n', columns={"scheme": "mikels-multi"})
    assert run.table("predictions")["label"].tolist() == ["awe|fear"]
    assert run.table("targets")["label"].tolist() == ["awe|fear"]


def test_csv_jsonl_and_parquet_of_one_content_are_one_run(
    tmp_path: Path, import_table: Import
) -> None:
    table = pd.DataFrame(
        {"id": ["007", "b"], "pred": ["awe", "fear"], "gold": ["awe", "anger"], "fold": [1, 2]}
    )
    table.to_parquet(tmp_path / "source.parquet")
    contents = {
        "t.csv": table.to_csv(index=False).encode(),
        "t.jsonl": table.to_json(orient="records", lines=True).encode(),
        "t.parquet": (tmp_path / "source.parquet").read_bytes(),
        "semicolons.csv": b"\xef\xbb\xbf" + table.to_csv(index=False, sep=";").encode(),
    }
    found = []
    for name, content in contents.items():
        run = import_table(content, name, columns={"scheme": "mikels", "model": "m"})
        found.append(run.table("predictions"))
    for other in found[1:]:
        pd.testing.assert_frame_equal(other, found[0])


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        (b"id,pred,gold\na,positive\n", 2, "fields"),
        (b"id,pred,gold\na,positive,gr\xfcn\n", 2, "--encoding cp1252"),
        (b'id,pred,gold\na,"positive,neutral\n', 2, "quotation mark"),
        (b"id,pred,gold\na,positive,neu\x00tral\n", 2, "zero bytes"),
        ("id,pred,gold\n".encode("utf-16"), None, "--encoding utf-16"),
        (b"id,pred,gold\n", None, "no rows"),
        (b"", None, "empty"),
    ],
)
def test_broken_files_are_named_with_line_and_cure(
    content: bytes, line: int | None, words: str, import_table: Import
) -> None:
    with pytest.raises(InputError) as caught:
        import_table(content, columns={"scheme": "polarity3"})
    assert caught.value.line == line
    assert words in str(caught.value)
    assert "theirs.csv" in str(caught.value)
    assert "under `file`" not in str(caught.value)


def test_hostile_cells_are_kept_as_they_are_and_do_nothing(tmp_path: Path) -> None:
    texts = [
        "<script>alert(1)</script>",
        '=HYPERLINK("http://x","y")',
        "x" * 300_000,
        "\ud800 half a character",
        "{{ 7 * 7 }} \x1b[2J",
        ["a", "list"],
        {"an": "object"},
        12.5,
        None,
    ]
    rows = [
        {"id": f"../../{n}", "text": text, "pred": "positive", "gold": "positive"}
        for n, text in enumerate(texts)
    ]
    file = tmp_path / "t.jsonl"
    file.write_text("\n".join(json.dumps(row) for row in rows))
    run = import_run(
        [file], tmp_path / "run", columns={"scheme": "polarity3", "classifier": "=cmd|'x'!A1"}
    )
    kept = run.table("imported_rows")["text"].tolist()
    assert kept[:3] == texts[:3]
    assert kept[3] == "\ufffd half a character"
    assert kept[4] == texts[4]
    assert pd.isna(kept[8])
    assert run.table("systems")["classifier"].tolist() == ["cmd|'x'!A1"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run", "t.jsonl"]


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(
    rows=st.lists(
        st.tuples(*[st.text(st.characters(codec="utf-8"), max_size=12)] * 4),
        min_size=1,
        max_size=6,
    )
)
def test_any_cells_become_a_run_or_an_error_that_can_be_acted_on(
    rows: list[tuple[str, ...]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("any")
    lines = [dict(zip(("id", "text", "pred", "gold"), row, strict=True)) for row in rows]
    file = folder / "t.jsonl"
    file.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    error = None
    try:
        run = import_run([file], folder / "run", columns={"scheme": "polarity3"})
    except InputError as caught:
        error = caught
    if error is not None:
        assert error.cure, error
        return
    read = open_folder(run.path).table("imported_rows")
    assert read["raw_label"].tolist() == [line["pred"] for line in lines]
    assert len(run.table("predictions")) == len(lines)


def test_an_item_that_is_there_twice_counts_twice(import_table: Import) -> None:
    run = import_table(
        "id,pred,gold\na,positive,positive\na,negative,positive\nb,neutral,neutral\n",
        columns={"scheme": "polarity3"},
    )
    assert run.table("predictions")["repeat"].tolist() == [0, 1, 0]
    (scored,) = evidence_of(run).scored("polarity3")
    assert (scored.n, scored.n_items) == (3, 2)
    assert any("more than once" in note for note in run.manifest["notes"])


def test_where_files_contradict_each_other_most_of_them_are_believed(tmp_path: Path) -> None:
    for name, first in (("a", "negative"), ("b", "positive"), ("c", "negative")):
        lines = [f"i{n},neutral,{first if n == 0 else ['neutral', 'positive'][n % 2]}"
                 for n in range(30)]  # fmt: skip
        (tmp_path / f"{name}.csv").write_text("id,pred,gold\n" + "\n".join(lines) + "\n")
    run = import_run(
        [tmp_path / f"{name}.csv" for name in "bac"],
        tmp_path / "run",
        columns={"scheme": "polarity3"},
    )
    targets = run.table("targets").set_index("item_id")["label"]
    assert targets["i0"] == "negative"
    assert any("1 item has other targets" in note for note in run.manifest["notes"])


def test_only_imports_are_made_anew(tmp_path: Path, import_table: Import) -> None:
    content = "id,pred,gold\na,positive,positive\n"
    first = import_table(content, columns={"scheme": "polarity3"})
    again = import_table(content, columns={"scheme": "ekman7"}, codes=["positive=happiness"])
    assert first.path == again.path
    assert list(open_folder(again.path).schemes) == ["ekman7"]
    file = tmp_path / "theirs.csv"
    asked = tmp_path / "asked"
    asked.mkdir()
    (asked / "manifest.json").write_text(
        json.dumps({"format": 1, "dataset": {}, "schemes": {}, "protocols": {}})
    )
    with pytest.raises(InputError, match="not imported"):
        import_run([file], asked, columns={"scheme": "polarity3"})
    with pytest.raises(InputError, match="other things"):
        import_run([file], tmp_path, columns={"scheme": "polarity3"})
    assert sorted(path.name for path in asked.iterdir()) == ["manifest.json"]


def test_the_manifest_says_what_was_imported_and_names_no_place_of_this_machine(
    tmp_path: Path, import_table: Import
) -> None:
    run = import_table("id,pred,gold\na,positive,positive\n", columns={"scheme": "polarity3"})
    imported = run.manifest["imported"]
    assert imported["format"] == "table"
    assert imported["sources"][0]["file"] == "theirs.csv"
    assert imported["sources"][0]["columns"]["label"] == "pred"
    assert len(imported["digest"]) == 64
    for name in ("manifest.json", "study.yaml"):
        assert str(tmp_path) not in (run.path / name).read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_published_predictions_give_the_published_scores(
    shared_data: Path,
    tmp_path: Path,
    weighted_f1: Callable[[RunFolder], dict[tuple[str, str], float]],
) -> None:
    """All 120,649 rows, and the figures that ../shared/data/README.md has of them."""
    run = import_run(
        [shared_data / "published-descriptions" / "predictions.parquet"], tmp_path / "run"
    )
    assert len(run.table("predictions")) == 120_649
    assert len(run.table("systems")) == 12
    scores = weighted_f1(run)
    published = {
        "p3-sigma3": (0.7754, 0.666),
        "p3-sigma5": (0.9581, 0.906),
        "p5-sigma3": (0.5723, 0.479),
        "p5-sigma5": (0.8445, 0.722),
    }
    assert list(run.schemes) == list(published)
    for scheme, (tuned, frozen) in published.items():
        name = "gpt-4o-mini · described · modernbert"
        assert scores[scheme, f"{name} · fine-tuned"] == pytest.approx(tuned, abs=5e-5)
        assert scores[scheme, f"{name} · frozen"] == pytest.approx(frozen, abs=5e-4)
