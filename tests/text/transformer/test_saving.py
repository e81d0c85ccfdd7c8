"""What a transformer is saved as: what it learned, its model or where that is, and a card."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tests.models.hub_cache import COMMIT
from tests.text.corpus import WORDS
from tests.text.transformer.reading import POLARITY, made, plain

from mllmsent.affect import Scheme
from mllmsent.affect.scheme import Label
from mllmsent.foundation import InputError
from mllmsent.text.model_card import save_trained
from mllmsent.text.training import TrainingRows, train
from mllmsent.text.transformer.classifier import TransformerClassifier

Tiny = Callable[[str], Path]


@pytest.mark.parametrize("how", ["frozen", "lora"])
def test_a_model_of_the_hub_is_named_and_not_copied(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    import peft  # noqa: PLC0415 - heavy
    from huggingface_hub import constants  # noqa: PLC0415 - likewise

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    place = tmp_path / "hub" / "models--owner--reader"
    (place / "refs").mkdir(parents=True)
    (place / "refs" / "main").write_text(COMMIT, encoding="utf-8")
    shutil.copytree(tiny("bert"), place / "snapshots" / COMMIT)
    texts, labels = plain(40)
    classifier = made(Path("owner/reader"), how, epochs=2)
    classifier.fit(texts, labels, seed=0)
    saved = tmp_path / "saved"
    classifier.save(saved)
    own = {"README.md", "arrays.npz", "classifier.json"} | ({"adapter"} if how == "lora" else set())
    assert {path.name for path in saved.iterdir()} == own
    assert f"models pull hf/owner/reader --revision {COMMIT}" in (saved / "README.md").read_text(
        encoding="utf-8"
    )
    again = TransformerClassifier.load(saved)
    np.testing.assert_array_equal(again.predict(texts), classifier.predict(texts))
    again.save(tmp_path / "copied")
    assert {path.name for path in (tmp_path / "copied").iterdir()} == own
    if how == "lora":
        # What peft reads by itself, and with which weights, is in the adapter's own configuration.
        config = peft.PeftConfig.from_pretrained(str(saved / "adapter"))
        assert (config.base_model_name_or_path, config.revision) == ("owner/reader", COMMIT)
    shutil.rmtree(place)
    with pytest.raises(InputError, match="reads with owner/reader, which is not on this disk"):
        TransformerClassifier.load(saved)


def test_a_saved_folder_is_one_of_transformers_and_names_no_place_on_this_machine(
    tiny: Tiny, tmp_path: Path
) -> None:
    import transformers  # noqa: PLC0415 - heavy

    texts, labels = plain(60)
    for how in ("fine-tuned", "frozen", "lora"):
        classifier = made(tiny("bert"), how, epochs=1)
        classifier.fit(texts, labels, seed=1)
        classifier.save(tmp_path / how)
        transformers.AutoModel.from_pretrained(tmp_path / how)
        transformers.AutoTokenizer.from_pretrained(tmp_path / how)
        for path in (tmp_path / how).rglob("*"):
            if path.is_file():
                assert str(tmp_path.parents[1]).encode() not in path.read_bytes(), path
        assert not [*(tmp_path / how).rglob("*.bin"), *(tmp_path / how).rglob("*.p*t")]


def test_the_model_card_tells_what_it_learned_from(tiny: Tiny, tmp_path: Path) -> None:
    texts, labels = plain(60)
    scheme = Scheme("a|b", "categorical", tuple(Label(name) for name in (*WORDS, "<script>")))
    classifier = made(tiny("bert"), "frozen", scheme, epochs=3)
    classifier.fit(texts, labels, seed=0)
    classifier.save(tmp_path / "saved")
    card = (tmp_path / "saved" / "README.md").read_text(encoding="utf-8")
    fitted = classifier.fitted
    assert f"Learned from {fitted['learned_from']} texts; {fitted['held_out']} more" in card
    assert "negative, neutral, positive, \\<script\\>." in card
    assert (
        len(re.findall(r"^\| \d+ \| [\d.]+ \| [\d.]+ \| [\d.]+ \| [\d.]+ \|$", card, re.MULTILINE))
        == 3
    )
    assert card.startswith("---\nlibrary_name: mllmsent\n")


def test_a_saved_folder_that_is_not_whole_is_refused_in_words(tiny: Tiny, tmp_path: Path) -> None:
    texts, labels = plain(40)
    classifier = made(tiny("bert"), "lora", epochs=1)
    classifier.fit(texts, labels, seed=0)
    whole = tmp_path / "whole"
    classifier.save(whole)

    def spoiled(name: str) -> Path:
        return Path(shutil.copytree(whole, tmp_path / name))

    folder = spoiled("no adapter")
    (folder / "adapter" / "adapter_model.safetensors").unlink()
    with pytest.raises(InputError, match="adapter of this saved classifier is incomplete"):
        TransformerClassifier.load(folder)
    folder = spoiled("no head")
    (folder / "arrays.npz").unlink()
    with pytest.raises(InputError, match="do not fit each other"):
        TransformerClassifier.load(folder)
    folder = spoiled("no weights")
    (folder / "model.safetensors").unlink()
    with pytest.raises(InputError, match="weights are not there"):
        TransformerClassifier.load(folder)
    folder = spoiled("no options")
    content = json.loads((folder / "classifier.json").read_text(encoding="utf-8"))
    del content["options"]
    (folder / "classifier.json").write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(InputError, match="incomplete"):
        TransformerClassifier.load(folder)
    with pytest.raises(InputError, match="No classifier is saved here"):
        TransformerClassifier.load(tiny("bert"))


def test_saving_replaces_a_classifier_and_no_other_model(tiny: Tiny, tmp_path: Path) -> None:
    texts, labels = plain(40)
    classifier = made(tiny("bert"), "lora", epochs=1)
    classifier.fit(texts, labels, seed=0)
    classifier.save(tmp_path / "saved")
    other = made(tiny("bert"), "frozen", epochs=1)
    other.fit(texts, labels, seed=0)
    other.save(tmp_path / "saved")
    assert not (tmp_path / "saved" / "adapter").exists()
    again = TransformerClassifier.load(tmp_path / "saved")
    np.testing.assert_array_equal(again.predict(texts), other.predict(texts))
    with pytest.raises(InputError, match="this very folder"):
        again.save(tmp_path / "saved")
    theirs = Path(shutil.copytree(tiny("bert"), tmp_path / "theirs"))
    with pytest.raises(InputError, match="another model"):
        other.save(theirs)


def test_the_card_of_what_was_trained_tells_its_scores_and_how_it_learned(
    tiny: Tiny, tmp_path: Path
) -> None:
    texts, labels = plain(40)
    ids = [f"item {row}" for row in range(40)]
    rows = TrainingRows("a table", POLARITY, ids, texts, labels.tolist(), ids)
    trained = train(rows, f"hf/{tiny('bert')}", {"epochs": 2}, n_folds=2)
    save_trained(trained, tmp_path / "saved")
    card = (tmp_path / "saved" / "README.md").read_text(encoding="utf-8")
    assert card.startswith("---\nlibrary_name: mllmsent\n")
    assert "tags: [emotion, mllmsent, frozen]\n---\n\n# " in card
    assert card.count("\n# ") == 1
    sections = re.findall("^(##+ .*)$", card, re.MULTILINE)
    assert sections[:4] == ["## How well it reads", "## How to use it", "## What it is", "### Use"]
    assert "| macro_f1 | " in card
    assert "| epoch | training loss |" in card
    assert str(tmp_path) not in card
    # A later one without a card of its own is not told about in this one's words.
    save_trained(train(rows, "linear", n_folds=2), tmp_path / "saved")
    assert "epoch" not in (tmp_path / "saved" / "README.md").read_text(encoding="utf-8")
