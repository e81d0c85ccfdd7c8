"""Sentence vectors, computed once, with a linear model on them."""

import importlib.metadata
import json
import shutil
import sqlite3
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from tests.text.corpus import described
from tests.text.minilm import minilm

from mllmsent.affect import get_scheme
from mllmsent.foundation import InputError, MissingExtraError
from mllmsent.foundation.work import watching
from mllmsent.text import CutWarning, cross_validate, get_classifier, load_classifier
from mllmsent.text import sentence_model as models
from mllmsent.text import sentence_vectors as vectors
from mllmsent.text.embedding import EmbeddingClassifier, EmbeddingOptions

POLARITY = get_scheme("polarity3")


@pytest.fixture(autouse=True)
def forgetful(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is remembered from the test before."""
    monkeypatch.setenv("MLLMSENT_CACHE", str(tmp_path / "cache"))
    vectors._IN_MEMORY.clear()


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every text that the network is given."""
    given: list[str] = []
    network = models.load_sentence_model(models.find_sentence_model(str(minilm())))
    encode = network.encode

    def counting(texts: Sequence[str], **options: Any) -> Any:
        given.extend(texts)
        return encode(texts, **options)

    monkeypatch.setattr(network, "encode", counting)
    return given


def embedding(scheme: Any = POLARITY, **options: Any) -> EmbeddingClassifier:
    return EmbeddingClassifier(scheme, EmbeddingOptions(model=str(minilm()), **options))


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """The same model in another folder."""
    folder = tmp_path / "copy"
    shutil.copytree(minilm(), folder, copy_function=_linked)
    return folder


def _linked(source: str, target: str) -> str:
    Path(target).symlink_to(source)
    return target


def test_probabilities_are_those_of_a_logistic_regression_on_the_models_own_vectors() -> None:
    texts, labels = described(60)
    network = models.load_sentence_model(models.find_sentence_model(str(minilm())))
    reference = LogisticRegression(C=10.0, tol=1e-8, max_iter=10_000)
    reference.fit(network.encode(texts[:40]), labels[:40])
    classifier = embedding(c=10, class_weight="none")
    classifier.fit(texts[:40], np.array(labels[:40], dtype=object), seed=0)
    order = [POLARITY.label_names.index(name) for name in reference.classes_]
    expected = reference.predict_proba(network.encode(texts[40:]))
    np.testing.assert_allclose(classifier.predict(texts[40:])[:, order], expected, atol=2e-3)


def test_read_by_sentences_a_texts_vector_is_the_mean_of_theirs() -> None:
    network = models.load_sentence_model(models.find_sentence_model(str(minilm())))
    texts = ["A beach. Children laugh!\nIs it summer?", "A grave in the rain."]
    means = []
    for pieces in (["A beach.", "Children laugh!", "Is it summer?"], [texts[1]]):
        mean = network.encode(pieces).mean(axis=0)
        means.append(mean / np.linalg.norm(mean))
    whole = network.encode(texts)
    for read, expected in (
        ("sentences", np.stack(means)),
        ("both", np.hstack([whole, np.stack(means)])),
    ):
        found, cut = embedding(read=read)._read(texts)
        np.testing.assert_allclose(found, expected, atol=1e-5)
        assert cut == 0


def test_by_sentences_nothing_is_beyond_the_models_limit() -> None:
    texts = ["A beach. " * 90 + "A funeral.", "A beach."]
    cut = {read: embedding(read=read)._read(texts)[1] for read in ("text", "sentences", "both")}
    assert cut == {"text": 1, "sentences": 0, "both": 0}
    labels = np.array(["negative", "positive"], dtype=object)
    classifier = embedding(read="both", c=1)
    classifier.fit(texts, labels, seed=0)
    assert np.isnan(classifier.predict(["  "])).all()


@pytest.mark.parametrize("read", ["sentences", "both"])
def test_saved_it_still_reads_by_sentences(tmp_path: Path, read: str) -> None:
    texts, labels = described(20)
    classifier = embedding(read=read, c=1)
    classifier.fit(texts, np.array(labels, dtype=object), seed=0)
    classifier.save(tmp_path / "saved")
    again = load_classifier(tmp_path / "saved")
    np.testing.assert_array_equal(again.predict(texts), classifier.predict(texts))


def test_words_never_seen_are_read_by_what_they_mean() -> None:
    texts = ["A funeral in the rain.", "Children laugh at a party.", "A wrecked, burnt house.",
             "A sunny beach with happy friends.", "A crying woman.", "A birthday cake."]  # fmt: skip
    labels = ["negative", "positive"] * 3
    classifier = embedding(c=100)
    classifier.fit(texts, np.array(labels, dtype=object), seed=0)
    scores = classifier.predict(["Soldiers mourn their dead.", "Puppies play joyfully."])
    assert scores.argmax(axis=1).tolist() == [0, 2]
    assert (scores[:, 1] == 0).all()  # no text was neutral


def test_the_folds_share_each_texts_vector(computed: list[str]) -> None:
    texts, labels = described(40)
    texts[7] = texts[3]  # one fold, one text
    options = {"model": str(minilm()), "c": [1, 10], "inner_folds": 2}
    folds = np.arange(40) % 4
    cross_validate(
        partial(get_classifier, "embedding", POLARITY, options), texts, labels, folds,
        scheme=POLARITY,
    )  # fmt: skip
    assert sorted(computed) == sorted(set(texts))


def test_a_second_run_computes_nothing_and_says_the_same(computed: list[str]) -> None:
    texts, labels = described(30)
    read = []
    for _ in range(2):
        classifier = embedding()
        classifier.fit(texts[:20], np.array(labels[:20], dtype=object), seed=0)
        read.append(classifier.predict(texts[20:]))
        vectors._IN_MEMORY.clear()  # as in a new process
        models._LOADED.clear()
    np.testing.assert_array_equal(read[0], read[1])
    assert len(computed) == len(set(texts))
    assert not models._LOADED, "the second run has no need of the network"


def test_a_stopped_computation_goes_on_where_it_was(
    computed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vectors, "_AT_ONCE", 8)
    texts = sorted({*described(30)[0]}, key=len)

    class Stops:
        def begins(self, what: str, total: int) -> None:
            assert (what, total) == ("Sentence vectors", len(texts))

        def advances(self, what: str, steps: int) -> None:
            raise KeyboardInterrupt

        def ends(self, what: str) -> None:
            """As it must."""

    model = models.find_sentence_model(str(minilm()))
    with watching(Stops()), pytest.raises(KeyboardInterrupt):
        vectors.sentence_vectors(model, texts)
    assert len(computed) == 8
    vectors.sentence_vectors(model, texts)
    assert sorted(computed) == sorted(texts)


@pytest.mark.parametrize("damage", ["no database", "cut vectors"])
def test_a_damaged_memory_is_as_good_as_none(
    tmp_path: Path, computed: list[str], damage: str
) -> None:
    model = models.find_sentence_model(str(minilm()))
    first = vectors.sentence_vectors(model, ["A beach.", "A funeral."]).vectors
    file = tmp_path / "cache" / "sentence-vectors.sqlite"
    if damage == "no database":
        file.with_name(file.name + "-wal").unlink(missing_ok=True)
        file.write_bytes(b"not a database" * 1000)
    else:
        with sqlite3.connect(file) as cache:
            cache.execute("UPDATE vectors SET vector = substr(vector, 1, 7)")
    vectors._IN_MEMORY.clear()
    second = vectors.sentence_vectors(model, ["A beach.", "A funeral."]).vectors
    np.testing.assert_allclose(first, second, atol=1e-6)
    assert len(computed) == 4


def test_what_it_is_depends_on_the_models_files_and_not_on_where_they_lie(elsewhere: Path) -> None:
    here = embedding().identity
    there = EmbeddingClassifier(POLARITY, EmbeddingOptions(model=str(elsewhere)))
    assert there.identity == here
    assert str(minilm()) not in json.dumps(here)
    pooling = elsewhere / "1_Pooling" / "config.json"
    told = json.loads(pooling.read_text(encoding="utf-8"))
    pooling.unlink()
    pooling.write_text(json.dumps(told | {"pooling_mode_cls_token": True}), encoding="utf-8")
    changed = EmbeddingClassifier(POLARITY, EmbeddingOptions(model=str(elsewhere)))
    assert changed.identity["model"] != here["model"]


def test_code_that_comes_with_a_model_is_not_run(elsewhere: Path) -> None:
    file = elsewhere / "modules.json"
    modules = json.loads(file.read_text(encoding="utf-8"))
    modules[1]["type"] = "custom_pooling.Pooling"
    file.unlink()
    file.write_text(json.dumps(modules), encoding="utf-8")
    with pytest.raises(InputError, match=r"'custom_pooling.Pooling' is code"):
        models.find_sentence_model(str(elsewhere))


def test_a_module_that_was_not_copied_is_named(elsewhere: Path) -> None:
    shutil.rmtree(elsewhere / "1_Pooling")
    with pytest.raises(InputError, match="'1_Pooling' is missing"):
        models.find_sentence_model(str(elsewhere))


def test_a_module_outside_the_models_folder_is_refused(elsewhere: Path) -> None:
    file = elsewhere / "modules.json"
    modules = json.loads(file.read_text(encoding="utf-8"))
    modules[1]["path"] = "../../etc"
    file.unlink()
    file.write_text(json.dumps(modules), encoding="utf-8")
    with pytest.raises(InputError, match="outside the model's folder"):
        models.find_sentence_model(str(elsewhere))


def test_a_long_text_is_cut_and_counted_and_a_blank_one_decides_nothing() -> None:
    texts, labels = described(20)
    texts[0] = "A sunrise over ruins. " * 5000
    texts[1] = "half a character \ud800"
    classifier = embedding()
    classifier.fit(texts, np.array(labels, dtype=object), seed=0)
    assert classifier.fitted["cut"] == 1
    with pytest.warns(CutWarning, match="1 of 4 texts are longer"):
        scores = classifier.predict(["", " \n", texts[0], "one"])
    assert np.isnan(scores[:2]).all()
    assert np.isfinite(scores[2:]).all()
    assert np.isnan(classifier.predict([" "])).all()
    result = cross_validate(embedding, texts, labels, np.arange(20) % 2, scheme=POLARITY)
    assert any("longer than the classifier reads" in note for note in result.notes)


@pytest.mark.parametrize("scheme_name", ["polarity3", "mikels-multi", "valence-arousal"])
def test_saved_it_comes_back_and_reads_the_same(tmp_path: Path, scheme_name: str) -> None:
    scheme = get_scheme(scheme_name)
    texts, labels = described(30)
    targets: dict[str, Any] = {
        "polarity3": np.array(labels, dtype=object),
        "mikels-multi": np.array(
            [[name in ("awe", "fear") for name in scheme.label_names]] * 15
            + [[name == "sadness" for name in scheme.label_names]] * 15
        ),
        "valence-arousal": np.linspace([1.0, 2.0], [9.0, 8.0], 30),
    }
    classifier = embedding(scheme, alpha=0.1)
    classifier.fit(texts, targets[scheme_name], seed=0)
    classifier.save(tmp_path / "saved")
    loaded = load_classifier(tmp_path / "saved")
    assert loaded.identity == classifier.identity
    assert loaded.fitted == classifier.fitted
    np.testing.assert_array_equal(loaded.predict(texts), classifier.predict(texts))


def test_a_saved_one_whose_model_has_changed_is_refused(tmp_path: Path, elsewhere: Path) -> None:
    texts, labels = described(10)
    classifier = EmbeddingClassifier(POLARITY, EmbeddingOptions(model=str(elsewhere)))
    classifier.fit(texts, np.array(labels, dtype=object), seed=0)
    classifier.save(tmp_path / "saved")
    config = elsewhere / "config_sentence_transformers.json"
    config.unlink()
    config.write_text("{}", encoding="utf-8")
    with pytest.raises(InputError, match="not the one that this classifier was trained with"):
        load_classifier(tmp_path / "saved")


def test_a_model_that_is_not_here_is_said_where_to_get(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import constants  # noqa: PLC0415 - reads the environment when imported

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(InputError, match="no such folder"):
        _ = EmbeddingClassifier(POLARITY, EmbeddingOptions(model=str(tmp_path / "x"))).identity
    with pytest.raises(InputError) as caught:
        _ = EmbeddingClassifier(POLARITY, EmbeddingOptions(model="hf/nobody/nothing")).identity
    assert "models pull hf/nobody/nothing" in caught.value.cure


def test_without_the_library_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(models, "version", absent)
    with pytest.raises(MissingExtraError, match=r"mllmsent\[embedding\]"):
        _ = embedding().identity


def test_it_needs_fixed_labels_and_texts_and_training() -> None:
    with pytest.raises(InputError, match="fixed list"):
        embedding(get_scheme("free")).predict(["a"])
    with pytest.raises(InputError, match="no texts"):
        embedding().fit([], np.array([], dtype=object), seed=0)
    with pytest.raises(InputError, match="learned nothing yet"):
        embedding().predict(["a"])
