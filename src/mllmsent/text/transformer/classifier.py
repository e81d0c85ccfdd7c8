"""A transformer as a text classifier: one class for every family and every way to train.

Heavy libraries are imported by what is called here, not at the door.
"""

from __future__ import annotations

import logging
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

import numpy as np

from mllmsent.foundation.errors import InputError
from mllmsent.text.transformer.backbone import find_backbone, open_backbone, within_memory
from mllmsent.text.transformer.options import TransformerOptions
from mllmsent.text.transformer.zero_shot import judge, judged_places

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from mllmsent.affect.scheme import Scheme
    from mllmsent.models.local.checkpoint import Checkpoint
    from mllmsent.text.interface import Floats, ScoreKind
    from mllmsent.text.transformer.backbone import Backbone
    from mllmsent.text.transformer.learning import Epoch
    from mllmsent.text.transformer.training import Learned

__all__ = ["TransformerClassifier"]

_LOG = logging.getLogger("mllmsent.text.transformer")


class TransformerClassifier:
    """A transformer with a head: frozen, fine-tuned, with an adapter; or asked zero-shot.

    Args:
        scheme: The scheme to read in.
        options: See `TransformerOptions`.

    Attributes:
        on_epoch: Called after each epoch of a training, if set; the log is told in any case.
    """

    name = "transformer"
    parallel_folds = False
    options = TransformerOptions

    def __init__(self, scheme: Scheme, options: TransformerOptions | None = None) -> None:
        self.scheme = scheme
        self.on_epoch: Callable[[Epoch], None] | None = None
        self._options = options or TransformerOptions()
        self._learned: Learned | None = None
        self._told_identity: dict[str, Any] | None = None
        self._base = ""

    @property
    def trains(self) -> bool:
        """Whether there is anything to learn: not zero-shot."""
        return self._options.training != "zero-shot"

    @property
    def score_kind(self) -> ScoreKind:
        """Probabilities for labels, values for dimensions."""
        return "value" if self.scheme.kind == "dimensional" else "probability"

    @property
    def identity(self) -> Mapping[str, Any]:
        """Name, every option, the digest of the model's files, and the versions of the libraries.

        Not where the model lies, nor where it computes.

        Raises:
            InputError: If there is no such model here, or it has not the head that is needed.
        """
        if self._told_identity is not None:
            return self._told_identity
        options = self._options.resolved()
        names = ["torch", "transformers"]
        names += ["peft"] if options.training in {"lora", "qlora"} else []
        names += ["bitsandbytes"] if options.training == "qlora" else []
        return {
            "classifier": self.name,
            "model": {"type": self._checkpoint.model_type, "digest": self._checkpoint.digest},
            "options": options.model_dump(mode="json", exclude={"model", "revision", "device"}),
            "versions": {name: _version(name) for name in names},
        }

    @property
    def fitted(self) -> Mapping[str, Any]:
        """How the last training went: its epochs, the best one, how many texts were cut."""
        return {} if self._learned is None else self._learned.fitted

    def supports(self, scheme: Scheme) -> str | None:
        """See `TextClassifier.supports`."""
        if scheme.open_vocabulary:
            return "A transformer needs a fixed list of labels to learn."
        if not self.trains and scheme.kind == "dimensional":
            return "Zero-shot, a text entails a label or does not: there are no values."
        if self._options.head == "cumulative" and (scheme.kind != "ordered" or scheme.multi_label):
            return "A cumulative head needs labels in an order, of which one is chosen."
        return None

    def fit(
        self,
        texts: Sequence[str],
        targets: NDArray[Any],
        *,
        seed: int,
        groups: NDArray[Any] | None = None,
    ) -> None:
        """See `TextClassifier.fit`.

        A training that was interrupted goes on where it was, if rows, options and seed are the same.

        Raises:
            InputError: If the scheme cannot be read in, the model cannot be used here, a text is
                blank, or the targets do not differ.
            MissingExtraError: If torch or transformers is not installed.
        """
        self._check()
        if not self.trains:
            return
        from mllmsent.text.transformer.training import train  # noqa: PLC0415 - heavy

        self._learned = None
        options = self._options.resolved()
        with within_memory(options):
            self._learned = train(
                open_backbone(self._checkpoint, options),
                self.scheme,
                options,
                texts,
                targets,
                seed=seed,
                groups=groups,
                identity=self.identity,
                tell=self._tell,
            )

    def predict(self, texts: Sequence[str]) -> Floats:
        """See `TextClassifier.predict`. A text that is too long is read as far as it is not.

        Raises:
            InputError: If it was not trained.
        """
        self._check()
        scores = np.full((len(texts), len(self.scheme.labels or self.scheme.dimensions)), np.nan)
        written = [row for row, text in enumerate(texts) if text.strip()]
        if self.trains and self._learned is None:
            raise InputError(
                "This classifier has learned nothing yet.", cure="Call `fit`, or load a saved one."
            )
        if not written:
            return scores
        options = self._options.resolved()
        with within_memory(options):
            scores[written] = self._read([texts[row] for row in written], options)
        return scores

    def save(self, folder: Path) -> None:
        """Write the model in the format of transformers, with head and model card, to a folder.

        Raises:
            InputError: If it was not trained, or the folder holds another model.
        """
        self._check()
        if self.trains and self._learned is None:
            raise InputError(
                "This classifier has learned nothing yet.", cure="Call `fit`, or load a saved one."
            )
        from mllmsent.text.transformer.saving import write_classifier  # noqa: PLC0415 - heavy

        write_classifier(
            folder,
            self.name,
            scheme=self.scheme,
            options=self._options,
            identity=self.identity,
            checkpoint=self._checkpoint,
            base=self._base or self._checkpoint.repo or self._checkpoint.folder.name,
            learned=self._learned,
        )

    @classmethod
    def load(cls, folder: Path) -> TransformerClassifier:
        """Read what `save` wrote.

        Raises:
            InputError: If the folder does not hold one, whole.
        """
        from mllmsent.text.transformer.saving import read_classifier  # noqa: PLC0415 - heavy

        saved = read_classifier(folder, cls.name)
        classifier = cls(saved.scheme, saved.options)
        classifier._learned = saved.learned
        classifier._told_identity = saved.identity
        classifier._base = saved.base
        classifier.__dict__["_checkpoint"] = saved.checkpoint
        return classifier

    @cached_property
    def _checkpoint(self) -> Checkpoint:
        found = find_backbone(self._options)
        if not self.trains:
            judged_places(found)
        return found

    @cached_property
    def _judge(self) -> Backbone:
        return open_backbone(self._checkpoint, self._options.resolved())

    def _read(self, texts: Sequence[str], options: TransformerOptions) -> Floats:
        if self._learned is None:
            return judge(
                self._judge,
                self.scheme,
                texts,
                options.hypotheses,
                batch_tokens=options.reading_tokens,
            )
        from mllmsent.text.transformer.training import read_texts  # noqa: PLC0415 - heavy

        return read_texts(self._learned, self.scheme, options, texts)

    def _tell(self, epoch: Epoch) -> None:
        inner = "" if epoch.inner_score is None else f", inner score {epoch.inner_score:.4f}"
        _LOG.info(
            "epoch %d: training loss %.4f%s, %.1f s",
            epoch.epoch,
            epoch.train_loss,
            inner,
            epoch.seconds,
        )
        if self.on_epoch is not None:
            self.on_epoch(epoch)

    def _check(self) -> None:
        reason = self.supports(self.scheme)
        if reason is not None:
            raise InputError(reason, item=self.scheme.name)


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
