"""Zero-shot: a model of entailment is asked whether a text means a label.

"The feeling of this scene is joy." is held against the text, for each label; one label: a softmax
over the labels' entailment; several: entailment against contradiction, for each label by itself
(Yin, Hay and Roth 2019, EMNLP-IJCNLP, 3914-3923).
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np

from mllmsent.foundation.errors import InputError
from mllmsent.foundation.work import report_work
from mllmsent.text.interface import CutWarning
from mllmsent.text.transformer.tokens import by_length, filled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mllmsent.affect.scheme import Scheme
    from mllmsent.models.local.checkpoint import Checkpoint
    from mllmsent.text.interface import Floats
    from mllmsent.text.transformer.backbone import Backbone

__all__ = ["judge", "judged_places"]


def judged_places(checkpoint: Checkpoint) -> tuple[int, int]:
    """Where, in what a model says, entailment and its opposite stand.

    Raises:
        InputError: If it is no model of entailment.
    """
    names = checkpoint.config.get("id2label")
    classes = any(
        str(name).endswith("ForSequenceClassification")
        for name in checkpoint.config.get("architectures") or ()
    )
    found: dict[str, int] = {}
    if classes and isinstance(names, dict):
        for place, name in names.items():
            word = str(name).lower().replace("-", "_")
            for kind in ("entail", "contradict", "not_entail"):
                if word.startswith(kind) and str(place).isdecimal():
                    found[kind] = int(place)
    opposite = found.get("contradict", found.get("not_entail"))
    if "entail" not in found or opposite is None:
        raise InputError(
            "This model was not trained to tell entailment: zero-shot needs one that was.",
            cure="Choose one, such as facebook/bart-large-mnli; or let this one learn, with "
            "training: frozen.",
            item=checkpoint.name,
        )
    return found["entail"], opposite


def judge(
    backbone: Backbone,
    scheme: Scheme,
    texts: Sequence[str],
    hypotheses: Sequence[str],
    *,
    batch_tokens: int,
) -> Floats:
    """(n, labels) probabilities for texts, none of them blank.

    Args:
        backbone: A model of entailment.
        scheme: What to read in.
        texts: The texts.
        hypotheses: Sentences with `{label}`; the mean of what is said of them counts.
        batch_tokens: Most tokens at once.

    Warns:
        CutWarning: If a text is longer than the model reads beside a hypothesis.
    """
    import torch  # noqa: PLC0415 - heavy

    yes, no = judged_places(backbone.checkpoint)
    sentences = [
        hypothesis.replace("{label}", label)
        for label in scheme.label_names
        for hypothesis in hypotheses
    ]
    longest = max(backbone.tokens.encode(sentences, backbone.max_length).lengths)
    if longest > backbone.max_length // 2:
        raise InputError(
            f"A hypothesis takes {longest} of the {backbone.max_length} tokens that can be read.",
            cure="Write a shorter one, or raise max_length.",
            item="options.hypotheses",
        )
    encoded = backbone.tokens.encode(
        [text for text in texts for _ in sentences],
        backbone.max_length,
        [sentence for _ in texts for sentence in sentences],
    )
    cut = np.reshape(encoded.cut, (len(texts), -1)).any(axis=1).sum()
    if cut:
        warnings.warn(CutWarning(int(cut), len(texts)), stacklevel=4)
    model = backbone.loaded()
    said = np.zeros((len(encoded.ids), 2))
    half = backbone.dtype != torch.float32
    with (
        torch.inference_mode(),
        torch.autocast(backbone.device.type, backbone.dtype, enabled=half),
        report_work("Texts held against labels", len(said)) as done,
    ):
        for batch in by_length(encoded.lengths, range(len(said)), most_tokens=batch_tokens):
            ids = [encoded.ids[row] for row in batch]
            words, mask = backbone.tokens.padded(ids, backbone.device)
            types = {}
            if encoded.types is not None:
                of_batch = filled([encoded.types[row] for row in batch], 0)
                types = {"token_type_ids": of_batch.to(backbone.device)}
            logits = model(input_ids=words, attention_mask=mask, **types).logits
            logits = logits.double().cpu().numpy()
            said[batch] = logits[:, [yes, no]]
            done(len(batch))
    shape = (len(texts), len(scheme.labels), len(hypotheses), 2)
    entailed: Floats = said.reshape(shape).mean(axis=2)
    if scheme.multi_label:
        return np.asarray(1 / (1 + np.exp(entailed[..., 1] - entailed[..., 0])))
    odds = np.exp(entailed[..., 0] - entailed[..., 0].max(axis=1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=1, keepdims=True))
