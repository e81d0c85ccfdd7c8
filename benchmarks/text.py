"""How much time the text stage saves, on published descriptions, with one small ModernBERT for all.

    python benchmarks/text.py ../shared/data/published-descriptions [--texts 1000] [--tuned 500]

(a) A frozen transformer, cross-validated in five folds: here, where each text is read once; beside a
    loop that has the model read every text in every epoch of every fold, padded to 512 tokens, for
    at most 100 epochs with a patience of 25 looked up on the test fold, as the published code does.
    A frozen model says the same in each epoch, so the loop's head learns from vectors that were
    computed once, padded to 512, which gives its scores and how many epochs it would run; what an
    epoch costs is measured on `--epochs` whole ones, and multiplied. Both figures are printed.
(b) Fine-tuning in batches of texts of one length, beside the same with every text padded to 512:
    the same loop, rates, number of texts in a batch and epochs, in turns.
(c) `linear` on all descriptions, in five folds.

The checkpoint is made here: ModernBERT with random weights, small enough for two cores, and a
tokenizer trained on the descriptions. Scores say whether two ways come to the same; what a model
that knows English would score, they do not say. Problem P3, sigma 3, GPT-4o mini, published folds.
"""

from __future__ import annotations

import importlib
import json
import os
import platform
import statistics
import tempfile
import time
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import click
import numpy as np
import torch
from sklearn.metrics import f1_score
from tokenizers import Tokenizer, decoders, pre_tokenizers, processors, trainers
from tokenizers.models import BPE

from mllmsent.affect import get_scheme
from mllmsent.data import (
    FoldSpec,
    FoldWarning,
    TargetSpec,
    assign_folds,
    compute_targets,
    load_dataset,
)
from mllmsent.text import cross_validate, get_classifier
from mllmsent.text.transformer.backbone import find_backbone, open_backbone
from mllmsent.text.transformer.classifier import TransformerClassifier
from mllmsent.text.transformer.options import TransformerOptions
from mllmsent.text.transformer.tokens import Encoded, Tokens, read_tokenizer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from mllmsent.affect import Scheme
    from mllmsent.text.transformer.backbone import Backbone

RESULTS = Path(__file__).parent / "results" / "text.json"
PADDED_TO = 512
MOST_EPOCHS, PATIENCE, BATCH = 100, 25, 16
# Its classes are made from options by name, which no type tells.
transformers: Any = importlib.import_module("transformers")


@dataclass(frozen=True)
class Rows:
    """Texts, their labels and their folds."""

    scheme: Scheme
    texts: list[str]
    labels: NDArray[Any]
    folds: NDArray[np.int64]

    def first(self, n: int) -> Rows:
        """The first so many."""
        return Rows(self.scheme, self.texts[:n], self.labels[:n], self.folds[:n])

    def weighted_f1(self, scores: Any) -> float:
        """The mean over the folds."""
        said = np.array(self.scheme.label_names, dtype=object)[scores.argmax(axis=1)]
        parts = [self.folds == fold for fold in np.unique(self.folds)]
        each = [f1_score(self.labels[p], said[p], average="weighted") for p in parts]
        return float(np.mean(each))


def published(folder: Path) -> Rows:
    """P3, sigma 3, by GPT-4o mini, in an order that a seed decides."""
    warnings.simplefilter("ignore", FoldWarning)
    dataset = load_dataset("published-descriptions", root=folder)
    targets = compute_targets(dataset, TargetSpec(problem="P3", min_agreement=3))
    folds = assign_folds(dataset.items, targets, FoldSpec(kind="published"))
    rows = dataset.descriptions[dataset.descriptions["describer"] == "gpt-4o-mini"]
    texts = rows.set_index("item_id")["text"].loc[folds.index].astype(str).to_numpy()
    labels = targets.set_index("item_id")["label"].loc[folds.index].astype(str).to_numpy()
    order = np.random.default_rng(0).permutation(len(texts))
    return Rows(
        scheme=get_scheme(str(targets["scheme"].iloc[0])),
        texts=texts[order].tolist(),
        labels=labels[order].astype(object),
        folds=folds.to_numpy(dtype=np.int64)[order],
    )


def build(folder: Path, texts: Sequence[str], *, width: int, layers: int) -> Path:
    """A ModernBERT with random weights, and a tokenizer of 8,000 words."""
    special = ("[PAD]", "[CLS]", "[SEP]", "[UNK]", "[MASK]")
    tokenizer = Tokenizer(BPE(unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(
        texts,
        trainers.BpeTrainer(vocab_size=8000, special_tokens=list(special), show_progress=False),
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 1), ("[SEP]", 2)]
    )
    torch.manual_seed(0)
    config = transformers.ModernBertConfig(
        vocab_size=len(tokenizer.get_vocab()),
        hidden_size=width,
        intermediate_size=width * 3 // 2,
        num_hidden_layers=layers,
        num_attention_heads=max(1, width // 64),
        max_position_embeddings=PADDED_TO,
        pad_token_id=0,
        cls_token_id=1,
        sep_token_id=2,
        bos_token_id=1,
        eos_token_id=2,
    )
    transformers.ModernBertModel(config).save_pretrained(folder)
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        model_max_length=PADDED_TO,
        model_input_names=["input_ids", "attention_mask"],
        pad_token="[PAD]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        unk_token="[UNK]",
        mask_token="[MASK]",
    ).save_pretrained(folder)
    return folder


class Padded(Tokens):
    """A tokenizer that fills every text up to 512 tokens, and lets nobody see how long it was."""

    def encode(
        self, texts: Sequence[str], max_length: int, pairs: Sequence[str] | None = None
    ) -> Encoded:
        """Texts as tokens, all of one length to whoever asks."""
        found = Tokens.encode(self, texts, max_length, pairs)
        return AllAlike(found.ids, found.cut)

    def padded(
        self, ids: Sequence[Sequence[int]], device: torch.device
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """(texts, 512) tokens and mask."""
        words, mask = Tokens.padded(self, ids, device)
        wide = (0, PADDED_TO - words.shape[1])
        filled = torch.nn.functional.pad(words, wide, value=self.pad_id)
        return filled, torch.nn.functional.pad(mask, wide)


class AllAlike(Encoded):
    """Texts that are batched as if they were of one length."""

    @property
    def lengths(self) -> list[int]:
        """512 tokens each."""
        return [PADDED_TO] * len(self.ids)


@contextmanager
def fixed_padding() -> Iterator[None]:
    """Inside, classifiers pad every text to 512 tokens."""

    def padded(checkpoint: Any) -> Tokens:
        found = read_tokenizer(checkpoint)
        return Padded(found.tokenizer, found.pad_id, found.longest)

    with patch("mllmsent.text.transformer.backbone.read_tokenizer", padded):
        yield


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds, and what came of it."""
    began = time.perf_counter()
    found = work()
    return time.perf_counter() - began, found


def read_all(backbone: Backbone, ids: Sequence[Sequence[int]]) -> torch.Tensor:
    """Vectors of texts, in batches in their order."""
    with torch.inference_mode():
        return torch.cat(
            [backbone.vectors(ids[at : at + BATCH]) for at in range(0, len(ids), BATCH)]
        )


def slow_epoch(
    vectors: Callable[[Sequence[int]], torch.Tensor],
    head: torch.nn.Linear,
    optimizer: torch.optim.Optimizer,
    codes: torch.Tensor,
    *,
    train: NDArray[np.intp],
    test: NDArray[np.intp],
) -> NDArray[np.float64]:
    """One epoch of the loop: every training text, then every test text; scores of these."""
    for at in range(0, len(train), BATCH):
        rows = train[at : at + BATCH].tolist()
        with torch.no_grad():
            seen = vectors(rows)
        loss: Any = torch.nn.functional.cross_entropy(head(seen), codes[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        parts = [head(vectors(test[at : at + BATCH].tolist())) for at in range(0, len(test), BATCH)]
    return np.asarray(torch.cat(parts).double().numpy())


def slow_fold(
    vectors: Callable[[Sequence[int]], torch.Tensor], rows: Rows, fold: int, width: int, most: int
) -> tuple[int, NDArray[np.float64], float]:
    """A fold of the loop: epochs that it ran, the scores of its best one, seconds."""
    torch.manual_seed(fold)
    head = torch.nn.Linear(width, len(rows.scheme.labels))
    optimizer = torch.optim.AdamW(head.parameters(), lr=1e-3)
    codes = torch.tensor([rows.scheme.label_names.index(label) for label in rows.labels])
    test = np.flatnonzero(rows.folds == fold)
    names = np.array(rows.scheme.label_names, dtype=object)
    best, best_f1, waited, epochs = None, -1.0, 0, 0
    began = time.perf_counter()
    while epochs < most and waited < PATIENCE:
        train = np.random.default_rng([fold, epochs]).permutation(
            np.flatnonzero(rows.folds != fold)
        )
        scores = slow_epoch(vectors, head, optimizer, codes, train=train, test=test)
        said = names[scores.argmax(axis=1)]
        f1 = float(f1_score(rows.labels[test], said, average="weighted"))
        epochs, waited = epochs + 1, waited + 1
        if f1 > best_f1:
            best, best_f1, waited = scores, f1, 0
    assert best is not None
    return epochs, best, time.perf_counter() - began


def frozen(model: Path, rows: Rows, measured: int) -> dict[str, Any]:
    """(a)."""
    options = TransformerOptions(model=str(model), training="frozen")

    def ours() -> Any:
        return cross_validate(
            partial(TransformerClassifier, rows.scheme, options),
            rows.texts,
            rows.labels,
            rows.folds,
            scheme=rows.scheme,
        )

    seconds, result = timed(ours)
    epochs_here = [len(fit.chosen["epochs"]) for fit in result.fits]
    resolved = options.resolved()
    with fixed_padding():
        reader = open_backbone(find_backbone(resolved), resolved)
    ids = reader.tokens.encode(rows.texts, PADDED_TO).ids
    known = read_all(reader, ids).clone()
    width = known.shape[1]
    folds = [int(fold) for fold in np.unique(rows.folds)]
    scores, ran = np.zeros((len(rows.texts), len(rows.scheme.labels))), []
    for fold in folds:
        epochs, found, _ = slow_fold(lambda at: known[at], rows, fold, width, MOST_EPOCHS)
        scores[rows.folds == fold] = found
        ran.append(epochs)
    _, _, took = slow_fold(
        lambda at: reader.vectors([ids[row] for row in at]), rows, folds[0], width, measured
    )
    loop = took / measured * sum(ran)
    return {
        "texts": len(rows.texts),
        "seconds_here": round(seconds, 2),
        "epochs_here": epochs_here,
        "weighted_f1_here": round(rows.weighted_f1(result.scores), 4),
        "seconds_an_epoch_of_the_loop": round(took / measured, 2),
        "epochs_measured": measured,
        "epochs_of_the_loop": ran,
        "seconds_of_the_loop_extrapolated": round(loop, 1),
        "weighted_f1_of_the_loop_chosen_on_its_test_folds": round(rows.weighted_f1(scores), 4),
        "times": round(loop / seconds, 1),
    }


def tuned(model: Path, rows: Rows, epochs: int, rounds: int) -> dict[str, Any]:
    """(b)."""
    options = TransformerOptions(
        model=str(model),
        training="fine-tuned",
        epochs=epochs,
        patience=epochs,
        learning_rate=1e-3,
        batch_tokens=BATCH * PADDED_TO,
    )
    test = rows.folds == rows.folds.max()
    learned = [text for text, held in zip(rows.texts, test, strict=True) if not held]
    read = [text for text, held in zip(rows.texts, test, strict=True) if held]

    def once(seed: int) -> tuple[float, float]:
        classifier = TransformerClassifier(rows.scheme, options)
        # Where a training is remembered, the other way to pad would be taken for it.
        with (
            tempfile.TemporaryDirectory() as fresh,
            patch.dict(os.environ, {"MLLMSENT_CACHE": fresh}),
        ):
            classifier.fit(learned, rows.labels[~test], seed=seed)
        scores = classifier.predict(read)
        said = np.array(rows.scheme.label_names, dtype=object)[scores.argmax(axis=1)]
        f1 = float(f1_score(rows.labels[test], said, average="weighted"))
        return sum(row["seconds"] for row in classifier.fitted["epochs"]), f1

    found: dict[str, list[tuple[float, float]]] = {"bucketed": [], "fixed": []}
    for number in range(rounds):
        found["bucketed"].append(once(number))
        with fixed_padding():
            found["fixed"].append(once(number))
    seconds = {name: statistics.median(took for took, _ in each) for name, each in found.items()}
    return {
        "texts": len(learned),
        "epochs": epochs,
        "rounds": rounds,
        "seconds": {name: round(value, 2) for name, value in seconds.items()},
        "weighted_f1": {name: [round(f1, 4) for _, f1 in each] for name, each in found.items()},
        "tested_on": len(read),
        "times": round(seconds["fixed"] / seconds["bucketed"], 2),
    }


def linear(rows: Rows) -> dict[str, Any]:
    """(c)."""

    def ours() -> Any:
        return cross_validate(
            partial(get_classifier, "linear", rows.scheme),
            rows.texts,
            rows.labels,
            rows.folds,
            scheme=rows.scheme,
        )

    seconds, result = timed(ours)
    return {
        "texts": len(rows.texts),
        "seconds": round(seconds, 2),
        "weighted_f1": round(rows.weighted_f1(result.scores), 4),
    }


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--texts", default=1000, show_default=True, help="Texts of (a).")
@click.option("--epochs", default=2, show_default=True, help="Epochs of the loop to measure.")
@click.option("--tuned", "n_tuned", default=500, show_default=True, help="Texts of (b).")
@click.option("--tuned-epochs", default=4, show_default=True, help="Epochs of (b).")
@click.option("--rounds", default=3, show_default=True, help="How often (b) is done.")
@click.option("--width", default=128, show_default=True, help="Of the model; a multiple of 64.")
@click.option("--layers", default=4, show_default=True, help="Of the model.")
def main(  # noqa: PLR0917 - click passes by name
    folder: Path,
    texts: int,
    epochs: int,
    n_tuned: int,
    tuned_epochs: int,
    rounds: int,
    width: int,
    layers: int,
) -> None:
    """Measure on the published descriptions in FOLDER, print and keep."""
    rows = published(folder)
    with tempfile.TemporaryDirectory() as place:
        # Nothing that was remembered before may help.
        os.environ["MLLMSENT_CACHE"] = str(Path(place) / "cache")
        model = build(Path(place) / "model", rows.texts, width=width, layers=layers)
        options = TransformerOptions(model=str(model))
        tokens = read_tokenizer(find_backbone(options))
        lengths = tokens.encode(rows.texts, PADDED_TO).lengths
        found: dict[str, Any] = {
            "model": {"width": width, "layers": layers},
            "tokens": {
                "mean": round(statistics.mean(lengths), 1),
                "median": statistics.median(lengths),
                "longest": max(lengths),
            },
        }
        found["linear"] = linear(rows)
        found["fine-tuned"] = tuned(model, rows.first(n_tuned), tuned_epochs, rounds)
        found["frozen"] = frozen(model, rows.first(texts), epochs)
    found["machine"] = {
        "processor": platform.processor() or platform.machine(),
        "threads": torch.get_num_threads(),
        "torch": version("torch"),
        "transformers": version("transformers"),
    }
    print(json.dumps(found, indent=1))
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
