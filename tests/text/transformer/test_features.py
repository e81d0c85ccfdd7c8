"""What a frozen model says of texts is computed once."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.text.transformer.checkpoints import FAMILIES
from tests.text.transformer.reading import POLARITY, Told, accuracy, made, plain

from mllmsent.foundation import InputError
from mllmsent.foundation.work import watching
from mllmsent.text import cross_validate
from mllmsent.text.transformer import features
from mllmsent.text.transformer.backbone import Backbone, find_backbone, open_backbone
from mllmsent.text.transformer.features import features_of

Tiny = Callable[[str], Path]


@contextmanager
def forward_rows() -> Iterator[list[int]]:
    """The number of texts of every forward pass, told by the layer that embeds words."""
    import torch  # noqa: PLC0415 - heavy
    from torch.nn.modules.module import register_module_forward_hook  # noqa: PLC0415 - likewise

    rows: list[int] = []

    def count(module: Any, inputs: Any, _: Any) -> None:
        if isinstance(module, torch.nn.Embedding) and module.num_embeddings > 200:
            rows.append(len(inputs[0]))

    handle = register_module_forward_hook(count)
    yield rows
    handle.remove()


def opened(folder: Path, **options: Any) -> Backbone:
    chosen = made(folder, "frozen", **options)._options.resolved()
    return open_backbone(find_backbone(chosen), chosen)


def test_each_text_is_read_once_whatever_the_folds_the_epochs_and_the_seed(tiny: Tiny) -> None:
    texts, labels = plain(120)
    texts[1] = texts[0]
    folds = np.arange(120) % 4
    folds[1] = folds[0]
    with forward_rows() as rows:
        results = [
            cross_validate(
                lambda: made(tiny("bert"), "frozen", epochs=12),
                texts,
                labels,
                folds,
                scheme=POLARITY,
                ids=["twin", "twin", *(f"item {row}" for row in range(2, 120))],
                seed=seed,
            )
            for seed in (0, 1)
        ]
    assert sum(rows) == len(set(texts)) < 120
    assert all(len(fit.chosen["epochs"]) > 2 for result in results for fit in result.fits)
    assert accuracy(results[0].scores, labels) > 0.6


def test_what_was_read_yesterday_is_not_read_today(
    tiny: Tiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts, _ = plain(40)
    backbone = opened(tiny("bert"))
    encoded = backbone.tokens.encode(texts, 64)
    first = features_of(backbone, encoded, batch_tokens=64)
    monkeypatch.setattr(features, "_KNOWN", type(features._KNOWN)())
    again = opened(tiny("bert"))
    with forward_rows() as rows:
        np.testing.assert_array_equal(features_of(again, encoded, batch_tokens=64), first)
    assert not rows
    # Nor is the model loaded, to say what is known.
    assert again.model is None
    # Another pooling is another vector.
    assert np.abs(features_of(opened(tiny("bert"), pooling="first"), encoded, batch_tokens=64)
                  - first).max() > 0.1  # fmt: skip


def test_an_interruption_costs_one_batch_and_changes_no_bit(
    tiny: Tiny, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    texts, _ = plain(60)
    texts = list(dict.fromkeys(texts))
    whole = opened(tiny("bert"))
    encoded = whole.tokens.encode(texts, 64)
    expected = features_of(whole, encoded, batch_tokens=80)

    monkeypatch.setenv("MLLMSENT_CACHE", str(tmp_path / "other"))
    monkeypatch.setattr(features, "_KNOWN", type(features._KNOWN)())

    class Impatient(Told):
        def advances(self, what: str, steps: int) -> None:
            super().advances(what, steps)
            if len(self.steps) == 3:
                raise KeyboardInterrupt

    told = Impatient()
    with pytest.raises(KeyboardInterrupt), watching(told):
        features_of(opened(tiny("bert")), encoded, batch_tokens=80)
    assert told.begun == [("Texts read", len(texts))]
    monkeypatch.setattr(features, "_KNOWN", type(features._KNOWN)())
    with forward_rows() as rows:
        found = features_of(opened(tiny("bert")), encoded, batch_tokens=80)
    assert sum(rows) == len(texts) - sum(told.steps) < len(texts)
    np.testing.assert_array_equal(found, expected)


def test_a_cache_that_cannot_be_read_or_written_costs_time_only(
    tiny: Tiny, monkeypatch: pytest.MonkeyPatch, cache: Path
) -> None:
    texts, _ = plain(10)
    backbone = opened(tiny("bert"))
    encoded = backbone.tokens.encode(texts, 64)
    expected = features_of(backbone, encoded, batch_tokens=80)
    (cache / "features.sqlite").write_bytes(b"this is no database" * 100)
    monkeypatch.setattr(features, "_KNOWN", type(features._KNOWN)())
    np.testing.assert_allclose(features_of(backbone, encoded, batch_tokens=80), expected)
    monkeypatch.setenv("MLLMSENT_CACHE", "/dev/null/nowhere")
    monkeypatch.setattr(features, "_KNOWN", type(features._KNOWN)())
    np.testing.assert_allclose(features_of(backbone, encoded, batch_tokens=80), expected)


@pytest.mark.parametrize("pooling", ["mean", "first", "last"])
@pytest.mark.parametrize("family", FAMILIES)
def test_a_text_is_read_the_same_in_whatever_company(tiny: Tiny, family: str, pooling: str) -> None:
    import torch  # noqa: PLC0415 - heavy

    if pooling == "first" and family in {"bart", "llama"}:
        with pytest.raises(InputError, match="has not seen the text"):
            opened(tiny(family), pooling=pooling)
        return
    texts = ["grave", "some picture of a thing", "puppy sunrise " * 12, "street"]
    backbone = opened(tiny(family), pooling=pooling)
    ids = backbone.tokens.encode(texts, backbone.max_length).ids
    with torch.inference_mode():
        alone = torch.cat([backbone.vectors([each]) for each in ids])
        together = backbone.vectors(ids)
        backwards = backbone.vectors(ids[::-1]).flip(0)
    assert alone.std(0).max() > 1e-2
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=0)
    torch.testing.assert_close(backwards, alone, atol=1e-5, rtol=0)


@pytest.mark.parametrize("family", FAMILIES)
def test_vectors_are_those_of_transformers(tiny: Tiny, family: str) -> None:
    import torch  # noqa: PLC0415 - heavy
    import transformers  # noqa: PLC0415 - heavy

    backbone = opened(tiny(family))
    reference: Any = transformers.AutoModel.from_pretrained(tiny(family)).eval()
    ids = backbone.tokens.encode(["grave street puppy"], 64).ids
    with torch.inference_mode():
        states = reference(input_ids=torch.tensor(ids)).last_hidden_state[0]
        found = backbone.vectors(ids)[0]
    expected = states.mean(0) if backbone.family.pooling == "mean" else states[-1]
    assert (family in {"bart", "llama"}) == (backbone.family.pooling == "last")
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)
