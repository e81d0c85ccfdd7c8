"""A study takes likelihoods as answers: asked where they can be had, kept raw, read as named."""

from importlib.metadata import EntryPoint
from pathlib import Path

import pandas as pd
import pytest
from tests.runs import mood
from tests.runs.conftest import draw

from mllmsent import api
from mllmsent.foundation import InputError
from mllmsent.foundation.registry import installed
from mllmsent.loopback import ConstantAnswerer, serve
from mllmsent.pathways import get_pathway
from mllmsent.runs.prepare import Prepared, prepare
from mllmsent.runs.study import load_study, parse_study

BASE = "name: small\ndataset: photos\nschemes: [polarity3]\nmodels: [mood/a]\n"


@pytest.fixture(autouse=True)
def _provider(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another package's provider, found as any is."""
    point = EntryPoint("mood", "tests.runs.mood:make_model", "mllmsent.models")

    def found(group: str) -> tuple[EntryPoint, ...]:
        return (point,) if group == point.group else installed(group)

    monkeypatch.setattr("mllmsent.foundation.registry.installed", found)
    mood.MADE.clear()


def run(tmp_path: Path, text: str) -> api.Run:
    (tmp_path / "study.yaml").write_text(text)
    return api.run(tmp_path / "study.yaml", out=tmp_path / "run")


def ready(tmp_path: Path, text: str) -> Prepared:
    return prepare(parse_study(text), tmp_path, tmp_path)


def by_strategy(run: api.Run) -> dict[str, pd.DataFrame]:
    joined = run.predictions.merge(run.systems[["system_id", "strategy"]], on="system_id")
    return {str(name): rows for name, rows in joined.groupby("strategy")}


def test_labels_and_distributions_come_of_likelihoods_and_the_raw_numbers_are_kept(
    photos: Path, tmp_path: Path
) -> None:
    done = run(
        tmp_path,
        BASE + "strategies:\n- zero-shot\n- likelihood\n"
        "- {strategy: role, readout: likelihood, calibrate: true}\n"
        "- {strategy: likelihood, likelihood: mean, name: by-token}\n",
    )
    assert done.complete
    said = by_strategy(done)
    assert set(said) == {"zero-shot", "likelihood", "role-likelihood-calibrated", "by-token"}
    assert len(done.systems) == 4
    assert set(done.systems["readout"]) == {"text", "likelihood"}
    kinds = {name: table["score_kind"].dropna().unique().tolist() for name, table in said.items()}
    assert kinds == {
        "zero-shot": [],
        "likelihood": ["likelihood-sum"],
        "role-likelihood-calibrated": ["likelihood-sum-calibrated"],
        "by-token": ["likelihood-mean"],
    }
    # It leans to "positive" whatever it sees: calibration takes that out.
    truth = said["zero-shot"]["item_id"].str.split("/").str[0]
    assert (said["role-likelihood-calibrated"]["label"].to_numpy() == truth.to_numpy()).all()
    neutral = said["likelihood"][said["likelihood"]["item_id"].str.startswith("neutral")]
    assert set(neutral["label"]) == {"positive"}
    for table in (said["likelihood"], said["by-token"]):
        assert all(sum(scores.values()) == pytest.approx(1) for scores in table["scores"])
    kept = {str(name): rows for name, rows in done.responses.groupby("prompt")}
    assert kept["zero-shot"]["label_scores"].isna().all()
    assert set(kept["likelihood"]["label_scores"].iloc[0]) == {
        "negative",
        "neutral",
        "positive",
    }
    assert kept["likelihood"]["label_tokens"].iloc[0] == {
        "negative": 2, "neutral": 1, "positive": 2,
    }  # fmt: skip
    assert kept["likelihood"]["label_prior"].isna().all()
    assert kept["role-likelihood-calibrated"]["label_prior"].notna().all()


def test_sum_and_mean_are_read_from_one_answer(photos: Path, tmp_path: Path) -> None:
    """Nothing is asked twice for the sake of how it is read."""
    text = BASE + "strategies: [likelihood, {strategy: likelihood, likelihood: mean}]\n"
    done = run(tmp_path, text)
    assert sum(len(batch) for batch in mood.MADE[0].batches) == 18
    assert len(done.predictions) == 36
    again = api.run(tmp_path / "run")
    assert mood.MADE[-1].batches == []
    pd.testing.assert_frame_equal(again.predictions, done.predictions)
    reread = load_study(tmp_path / "run" / "study.yaml").strategies
    assert reread == parse_study(text).strategies


def test_how_words_would_be_drawn_makes_no_other_likelihoods(photos: Path, tmp_path: Path) -> None:
    text = BASE + "strategies: [likelihood]\n"

    def keys(extra: str) -> set[str]:
        prepared = ready(tmp_path, text + extra)
        return {question.key for question in get_pathway("direct").plan(prepared.inquiry)}

    assert keys("") == keys("settings: {temperature: 0.7, max_tokens: 9, seed: 3}\n")


def test_a_plan_of_likelihoods_writes_no_tokens(photos: Path, tmp_path: Path) -> None:
    (tmp_path / "study.yaml").write_text(BASE + "strategies: [likelihood]\n")
    plan = api.plan(tmp_path / "study.yaml")
    assert plan.lines[0].output_tokens == 0
    assert plan.lines[0].input_tokens > 0


def test_models_without_likelihoods_are_named_before_anything_is_sent(
    photos: Path, tmp_path: Path
) -> None:
    with serve(ConstantAnswerer("positive")) as server:
        served = f'{{model: ollama/m, options: {{base_url: "{server.url}"}}}}'
        text = BASE.replace("[mood/a]", f"[mood/a, {served}]")
        with pytest.raises(InputError) as caught:
            run(tmp_path, text + "strategies: [zero-shot, likelihood]\n")
        assert len(server.log) == 0
    assert str(caught.value).startswith("models: ollama/m: likelihoods")
    assert "`samples: 10, temperature: 1`" in str(caught.value)
    assert mood.MADE[0].batches == []


def test_it_asks_in_the_schemes_that_it_can_and_the_run_says_where_not(tmp_path: Path) -> None:
    draw(tmp_path / "photos", 2)
    text = BASE.replace("dataset: photos", "dataset: photos/neutral").replace(
        "[polarity3]", "[polarity3, valence-arousal]"
    )
    prepared = ready(tmp_path, text + "strategies: [zero-shot, likelihood]\n")
    asked = {
        (question.strategy, question.scheme)
        for question in get_pathway("direct").plan(prepared.inquiry)
    }
    assert asked == {
        ("zero-shot", "polarity3"), ("zero-shot", "valence-arousal"), ("likelihood", "polarity3"),
    }  # fmt: skip
    assert "Strategy likelihood does not ask in valence-arousal." in " ".join(prepared.notes)
    only = text.replace("[polarity3, valence-arousal]", "[valence-arousal]")
    with pytest.raises(InputError, match="asks in none of the study's schemes"):
        ready(tmp_path, only + "strategies: [zero-shot, likelihood]\n")
    with pytest.raises(InputError, match="No strategy of the direct pathway asks in 'valence"):
        ready(tmp_path, text + "strategies: [likelihood]\n")


def test_the_labels_are_offered_and_weighed_in_the_language_of_the_wording(
    photos: Path, tmp_path: Path
) -> None:
    done = run(tmp_path, BASE + "strategies: [{strategy: zero-shot-de, readout: likelihood}]\n")
    assert set(done.responses["label_scores"].iloc[0]) == {"negativ", "neutral", "positiv"}
    assert set(done.predictions["scores"].iloc[0]) == {"negative", "neutral", "positive"}


@pytest.mark.parametrize(
    ("strategies", "said"),
    [
        ("[{strategy: self-consistency, readout: likelihood}]", "every sample would be the same"),
        ("[{strategy: scene, readout: likelihood}]", "for the direct pathway"),
        ("[{strategy: role, calibrate: true}]", "goes with `readout: likelihood`"),
        ("[{strategy: role, readout: likelihoods}]", "'likelihood'"),
        ("[{strategy: role, readout: likelihood, name: My role}]", "strategies.0.name"),
        ("[{strategy: role, name: zero-shot}, zero-shot]", "Give one of them a `name`"),
        ("[role, role]", "a value twice"),
    ],
)
def test_what_cannot_be_read_so_is_answered_with_the_reason(
    photos: Path, tmp_path: Path, strategies: str, said: str
) -> None:
    (tmp_path / "study.yaml").write_text(BASE + f"strategies: {strategies}\n")
    with pytest.raises(InputError) as caught:
        api.run(tmp_path / "study.yaml", out=tmp_path / "run")
    assert said in str(caught.value)


def test_a_wording_that_thinks_aloud_is_told_apart(photos: Path, tmp_path: Path) -> None:
    text = BASE + "strategies: [{strategy: chain-of-thought, readout: likelihood}]\n"
    notes = " ".join(ready(tmp_path, text).notes)
    assert "chain-of-thought-likelihood has models think aloud" in notes


def test_a_strategy_file_with_another_readout_is_found_from_the_run_folder(
    photos: Path, tmp_path: Path
) -> None:
    (tmp_path / "mine.yaml").write_text(
        "name: mine\nversion: '1'\ntitle: Mine\npathway: direct\nschemes: [ordered, categorical]\n"
        "messages: [{role: user, image: first, text: '{{ labels }}?'}]\n"
    )
    first = run(tmp_path, BASE + "strategies: [{strategy: mine.yaml, readout: likelihood}]\n")
    again = api.run(tmp_path / "run")
    assert again.systems["strategy"].tolist() == ["mine-likelihood"]
    assert again.systems["system_id"].tolist() == first.systems["system_id"].tolist()


def test_all_about_an_image_is_asked_before_the_next_image(photos: Path, tmp_path: Path) -> None:
    """Two pathways, two wordings and two conditions; the image that is shared is the changed one."""
    done = run(
        tmp_path,
        BASE.replace("[mood/a]", "[{model: mood/a, options: {shares_images: true}}]")
        + "pathways: [direct, described]\nclassifiers: [vader]\n"
        "strategies: [zero-shot, likelihood, describe]\nconditions: [none, blur]\n",
    )
    assert done.complete
    batches = mood.MADE[0].batches
    sets = [{request.images[-1].digest for request in batch} for batch in batches]
    assert [len(batch) for batch in batches] == [6] * 18, "two images of three questions in eight"
    assert all(len(images) == 2 for images in sets)
    assert len(set.union(*sets)) == 36, "no image is in two batches"


def test_a_model_in_a_folder_is_found_from_the_study_and_from_the_run_folder(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "weights").mkdir()
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.setattr("mllmsent.runs.asked_models.ON_DISK", {"mood"})
    monkeypatch.chdir(tmp_path / "elsewhere")
    first = run(tmp_path, BASE.replace("mood/a", "mood/weights"))
    assert Path(mood.MADE[-1].name.removeprefix("mood/")) == tmp_path / "weights"
    again = api.run(tmp_path / "run")
    assert Path(mood.MADE[-1].name.removeprefix("mood/")).resolve() == tmp_path / "weights"
    assert again.systems["model"].tolist() == first.systems["model"].tolist() == ["mood/weights"]
    assert str(tmp_path) not in (tmp_path / "run" / "study.yaml").read_text()
