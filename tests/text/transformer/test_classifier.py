"""A transformer as a text classifier, in every family and by every way to train."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from sklearn.metrics import f1_score
from tests.text.corpus import WORDS
from tests.text.transformer.checkpoints import CONTEXT, FAMILIES
from tests.text.transformer.reading import POLARITY, accuracy, made, plain

from mllmsent.affect import Scheme, get_scheme
from mllmsent.foundation import InputError
from mllmsent.foundation.digest import json_digest
from mllmsent.text import CutWarning, TextClassifier, cross_validate
from mllmsent.text.transformer.classifier import TransformerClassifier
from mllmsent.text.transformer.inner_split import hold_out

if TYPE_CHECKING:
    from mllmsent.text import ClassifierKind
    from mllmsent.text.transformer.learning import Epoch

    # What the registry would hold is checked by mypy.
    KIND: ClassifierKind = TransformerClassifier

Tiny = Callable[[str], Path]
WAYS = [(family, how) for family in FAMILIES for how in ("frozen", "fine-tuned", "lora")]
WAYS += [("llama", "qlora"), ("bert", "qlora")]


@pytest.mark.parametrize(("family", "how"), WAYS)
def test_it_learns_and_is_the_same_when_it_comes_back_from_a_folder(
    tiny: Tiny, tmp_path: Path, family: str, how: str
) -> None:
    texts, labels = plain(220)
    classifier = made(tiny(family), how)
    classifier.fit(texts[:100], labels[:100], seed=1)
    scores = classifier.predict(texts[100:])
    np.testing.assert_allclose(scores.sum(axis=1), 1)
    # A third is chance. What random weights see in a text is enough to tell much by a head alone.
    assert accuracy(scores, labels[100:]) > (0.5 if how == "frozen" else 0.8)
    assert classifier.fitted["head"] == ("nominal" if how == "frozen" else "cumulative")
    classifier.save(tmp_path / "saved")
    again = TransformerClassifier.load(tmp_path / "saved")
    np.testing.assert_array_equal(again.predict(texts[100:]), scores)
    assert again.identity == classifier.identity
    assert again.fitted == classifier.fitted
    again.save(tmp_path / "copied")
    third = TransformerClassifier.load(tmp_path / "copied")
    np.testing.assert_array_equal(third.predict(texts[100:]), scores)


def test_equal_seeds_give_equal_classifiers_and_others_do_not(tiny: Tiny) -> None:
    texts, labels = plain(60)
    found = []
    for seed in (1, 1, 2):
        classifier = made(tiny("distilbert"), "fine-tuned", epochs=2)
        classifier.fit(texts, labels, seed=seed)
        found.append(classifier.predict(texts[:5]))
    np.testing.assert_array_equal(found[0], found[1])
    assert np.abs(found[0] - found[2]).max() > 1e-4


def test_the_best_epoch_is_back_and_patience_ends_training(tiny: Tiny) -> None:
    texts, labels = plain(80)
    # What cannot be learned but by heart is soon read worse and worse.
    labels = np.random.default_rng(1).permutation(labels)
    told: list[Epoch] = []
    classifier = made(tiny("bert"), "fine-tuned", epochs=30, patience=2)
    classifier.on_epoch = told.append
    classifier.fit(texts, labels, seed=1)
    log = classifier.fitted["epochs"]
    assert [epoch.epoch for epoch in told] == [row["epoch"] for row in log]
    best = classifier.fitted["best_epoch"]
    assert len(log) == best + 2 < 30
    ranks = [(row["inner_score"], -row["inner_loss"]) for row in log]
    assert ranks.index(max(ranks)) == best - 1
    inner = hold_out(POLARITY, labels, None, 0.1, 1)[1]
    said = np.array(POLARITY.label_names)[classifier.predict(texts)[inner].argmax(axis=1)]
    score = f1_score(labels[inner].astype(str), said, average="weighted", zero_division=0)
    assert score == pytest.approx(log[best - 1]["inner_score"])
    assert all(row["seconds"] > 0 for row in log)
    json.dumps(classifier.fitted, allow_nan=False)

    held = classifier.fitted["held_out"], classifier.fitted["learned_from"]
    assert sum(held) == len(texts)
    assert 4 <= held[0] <= 12


def test_held_out_rows_are_training_rows_of_whole_groups_and_never_of_the_test_fold(
    tiny: Tiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts, labels = plain(90)
    items = [f"item {row}" for row in range(90)]
    groups = [f"group {row // 3}" for row in range(90)]
    folds = np.array([row // 3 % 3 for row in range(90)])
    seen: list[tuple[set[Any], set[Any]]] = []

    def watched(scheme: Scheme, targets: Any, names: Any, share: float, seed: int) -> Any:
        train, held = hold_out(scheme, targets, names, share, seed)
        assert sorted([*train, *held]) == list(range(len(targets)))
        seen.append((set(names[train]), set(names[held])))
        return train, held

    monkeypatch.setattr("mllmsent.text.transformer.training.hold_out", watched)
    result = cross_validate(
        lambda: made(tiny("bert"), "frozen", epochs=3),
        texts,
        labels,
        folds,
        scheme=POLARITY,
        ids=items,
        groups=groups,
    )
    assert len(seen) == len(result.fits) == 3
    for fold, (learned, held) in enumerate(seen):
        tested = {group for group, of in zip(groups, folds, strict=True) if of == fold}
        assert held
        assert not learned & held
        assert not (learned | held) & tested


def test_several_labels_are_learned_each_for_itself(tiny: Tiny) -> None:
    scheme = get_scheme("mikels-multi")
    names = scheme.label_names
    words = dict(zip(names[:3], WORDS.values(), strict=True))
    random = np.random.default_rng(0)
    targets = np.zeros((120, len(names)), dtype=bool)
    targets[:, :3] = random.random((120, 3)) < 0.5
    targets[:, 4] = True
    texts = [
        " ".join(["some", *(word for n in np.flatnonzero(row[:3]) for word in words[names[n]])])
        for row in targets
    ]
    classifier = made(tiny("bert"), "fine-tuned", scheme, epochs=6)
    classifier.fit(texts[:90], targets[:90], seed=0)
    scores = classifier.predict(texts[90:])
    assert ((scores[:, :3] >= 0.5) == targets[90:, :3]).mean() > 0.9
    # What every training text has is certain, and what none has is impossible.
    assert (scores[:, 4] == 1).all()
    assert (scores[:, 5:] == 0).all()
    assert (scores[:, 3] == 0).all()


@pytest.mark.parametrize(
    ("name", "family", "how"),
    [
        ("valence-arousal", "bert", "fine-tuned"),
        ("valence-arousal", "llama", "frozen"),
        ("intensity", "modernbert", "lora"),
    ],
)
def test_dimensions_are_learned_in_their_own_units_and_stay_on_their_scales(
    tiny: Tiny, tmp_path: Path, name: str, family: str, how: str
) -> None:
    scheme = get_scheme(name)
    texts, labels = plain(150)
    place = np.array([POLARITY.label_names.index(label) for label in labels])
    along = np.stack([place / 2, 1 - 0.75 * place / 2], axis=1)[:, : len(scheme.dimensions)]
    low = np.array([scale.low for scale in scheme.dimensions])
    high = np.array([scale.high for scale in scheme.dimensions])
    values = low + along * (high - low)
    classifier = made(tiny(family), how, scheme, head_learning_rate=3e-3)
    classifier.fit(texts[:110], values[:110], seed=0)
    assert classifier.score_kind == "value"
    assert classifier.fitted["head"] == "values"
    read = [*texts[110:], "puppy picnic " * 8]
    said = classifier.predict(read)
    # A head alone sees less in random weights.
    share = 0.9 if how == "frozen" else 0.6
    off = np.abs(said[:-1] - values[110:]).mean()
    assert off < share * np.abs(values - values.mean(0)).mean()
    assert (said >= low).all()
    assert (said <= high).all()
    classifier.save(tmp_path / "saved")
    again = TransformerClassifier.load(tmp_path / "saved")
    np.testing.assert_array_equal(again.predict(read), said)


def test_ordered_labels_lie_on_one_line_unless_it_is_told_otherwise(tiny: Tiny) -> None:
    texts, labels = plain(80)
    classifier = made(tiny("bert"), "fine-tuned", head="nominal")
    classifier.fit(texts, labels, seed=0)
    assert classifier.fitted["head"] == "nominal"
    assert accuracy(classifier.predict(texts), labels) > 0.8


def test_a_label_that_no_text_has_gets_probability_zero(tiny: Tiny) -> None:
    texts, labels = plain(80)
    rows = [row for row, label in enumerate(labels) if label != "neutral"]
    classifier = made(tiny("bert"), "frozen")
    classifier.fit([texts[row] for row in rows], labels[rows], seed=0)
    scores = classifier.predict(texts)
    assert (scores[:, 1] == 0).all()
    np.testing.assert_allclose(scores.sum(axis=1), 1)


def test_long_texts_are_cut_and_counted_and_blank_ones_decide_nothing(tiny: Tiny) -> None:
    texts, labels = plain(40)
    long = "grave ruin " * 10_000
    assert len(long) > 100_000
    classifier = made(tiny("bert"), "frozen", epochs=2)
    classifier.fit([*texts, long, long], np.append(labels, ["negative", "negative"]), seed=0)
    assert classifier.fitted["cut"] == 2
    assert classifier.fitted["max_length"] == CONTEXT
    with pytest.warns(CutWarning, match="1 of 2 texts"):
        scores = classifier.predict([texts[0], " \n", long, ""])
    assert np.isnan(scores).any(axis=1).tolist() == [False, True, False, True]
    assert np.isnan(classifier.predict(["", " "])).all()
    assert classifier.predict([]).shape == (0, 3)


def test_accumulated_batches_are_one_large_batch(tiny: Tiny) -> None:
    texts, labels = plain(64)
    same: dict[str, Any] = {"epochs": 1, "dropout": 0.0, "held_out": 0.1}
    found = []
    for size, accumulate in ((64, 1), (8, 8)):
        classifier = made(
            _without_dropout(tiny("bert")),
            "fine-tuned",
            batch_size=size,
            accumulate=accumulate,
            **same,
        )
        classifier.fit(texts, labels, seed=0)
        assert classifier.fitted["learned_from"] > 8
        found.append(classifier.predict(texts[:8]))
    np.testing.assert_allclose(found[0], found[1], atol=1e-3)


def test_half_precision_learns_too(tiny: Tiny) -> None:
    texts, labels = plain(120)
    classifier = made(tiny("bert"), "fine-tuned", precision="bfloat16")
    classifier.fit(texts[:90], labels[:90], seed=0)
    assert classifier.fitted["precision"] == "bfloat16"
    assert accuracy(classifier.predict(texts[90:]), labels[90:]) > 0.8


def test_its_identity_is_its_files_and_options_and_not_their_place(
    tiny: Tiny, tmp_path: Path
) -> None:
    classifier = made(tiny("bert"), "frozen")
    assert isinstance(classifier, TextClassifier)
    elsewhere = Path(shutil.copytree(tiny("bert"), tmp_path / "elsewhere"))
    digest = json_digest(dict(classifier.identity))
    assert json_digest(dict(made(elsewhere, "frozen").identity)) == digest
    assert json_digest(dict(made(elsewhere, "frozen", device="cpu").identity)) == digest
    assert json_digest(dict(made(elsewhere, "frozen", max_length=20).identity)) != digest
    assert json_digest(dict(made(tiny("distilbert"), "frozen").identity)) != digest
    assert classifier.fitted == {}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"device": "gpu"}, "not 'gpu'"),
        ({"hypotheses": "no place"}, "where the label goes"),
        ({"training": "frozen", "learning_rate": 1e-3}, "does not learn"),
    ],
)
def test_wrong_options_say_what_is_wrong(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        TransformerClassifier.options.model_validate(options)


def test_what_cannot_be_learned_is_refused_in_words(tiny: Tiny) -> None:
    texts, labels = plain(30)
    classifier = made(tiny("bert"), "frozen")
    with pytest.raises(InputError, match="learned nothing yet"):
        classifier.predict(texts)
    with pytest.raises(InputError, match="learned nothing yet"):
        classifier.save(Path("nowhere"))
    with pytest.raises(InputError, match="no texts"):
        classifier.fit([], labels[:0], seed=0)
    with pytest.raises(InputError, match=r"text 1: .* blank"):
        classifier.fit([texts[0], " ", texts[2]], labels[:3], seed=0)
    with pytest.raises(InputError, match="All 30 training texts are 'neutral'"):
        classifier.fit(texts, np.array(["neutral"] * 30, dtype=object), seed=0)
    multi = get_scheme("mikels-multi")
    with pytest.raises(InputError, match="nothing to tell apart"):
        made(tiny("bert"), "frozen", multi).fit(texts, np.zeros((30, 8), dtype=bool), seed=0)
    ekman = made(tiny("bert"), "frozen", get_scheme("ekman"), head="cumulative")
    assert "in an order" in str(ekman.supports(get_scheme("ekman")))
    with pytest.raises(InputError, match="in an order"):
        ekman.fit(texts, labels, seed=0)
    with pytest.raises(InputError, match="diverged"):
        made(tiny("bert"), "fine-tuned", learning_rate=1e30).fit(texts, labels, seed=0)


def test_a_folder_that_holds_no_model_is_refused_in_words(tiny: Tiny, tmp_path: Path) -> None:
    texts, labels = plain(20)
    with pytest.raises(InputError, match="no such folder"):
        _ = made(tmp_path / "absent", "frozen").identity
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(InputError, match="holds no model"):
        _ = made(empty, "frozen").identity
    bare = Path(shutil.copytree(tiny("bert"), tmp_path / "bare"))
    for path in bare.glob("tokenizer*"):
        path.unlink()
    # Before anybody is asked for the descriptions that it is to read.
    with pytest.raises(InputError, match="tokenizer is not there"):
        _ = made(bare, "frozen").identity
    (bare / "tokenizer.json").write_text("{", encoding="utf-8")
    with pytest.raises(InputError, match="tokenizer cannot be read"):
        made(bare, "frozen").fit(texts, labels, seed=0)
    shutil.copyfile(tiny("bert") / "tokenizer.json", bare / "tokenizer.json")
    config = json.loads((bare / "config.json").read_text(encoding="utf-8"))
    (bare / "config.json").write_text(json.dumps(config | {"vocab_size": 99}), encoding="utf-8")
    with pytest.raises(InputError, match="not of one model"):
        made(bare, "frozen").fit(texts, labels, seed=0)
    cut = Path(shutil.copytree(tiny("bert"), tmp_path / "cut"))
    weights = cut / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(InputError, match="no whole safetensors file"):
        made(cut, "frozen").fit(texts, labels, seed=0)
    with pytest.raises(InputError, match="nor a model on this disk"):
        _ = made(Path("nobody/nothing"), "frozen").identity


def test_a_model_that_looks_at_images_is_refused_in_words(tiny: Tiny, tmp_path: Path) -> None:
    wrong = Path(shutil.copytree(tiny("bert"), tmp_path / "wrong"))
    for model_type, message in (("vit", "no text classifiers"), ("unheard", "no model of type")):
        config = {"model_type": model_type, "image_size": 224}
        (wrong / "config.json").write_text(json.dumps(config), encoding="utf-8")
        with pytest.raises(InputError, match=message):
            _ = made(wrong, "frozen").identity


def _without_dropout(folder: Path) -> Path:
    """The same checkpoint, whose own dropout draws nothing."""
    still = folder.parent / f"{folder.name} still"
    if not still.exists():
        shutil.copytree(folder, still)
        config = json.loads((still / "config.json").read_text(encoding="utf-8"))
        config |= {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
        (still / "config.json").write_text(json.dumps(config), encoding="utf-8")
    return still
