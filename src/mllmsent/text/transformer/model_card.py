"""A saved transformer's model card: what it is, what it learned from, and how it went."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING, Any

from mllmsent.foundation.errors import printable
from mllmsent.foundation.version import __version__
from mllmsent.models.hub import is_repository

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mllmsent.affect.scheme import Scheme
    from mllmsent.text.transformer.options import TransformerOptions
    from mllmsent.text.transformer.training import Learned

__all__ = ["model_card"]


def model_card(
    scheme: Scheme,
    options: TransformerOptions,
    identity: Mapping[str, Any],
    base: str,
    learned: Learned | None,
    *,
    revision: str,
) -> str:
    """The card, in Markdown with the front matter that the Hugging Face hub reads.

    Args:
        scheme: What it reads in.
        options: As it was made with.
        identity: What makes it itself.
        base: Name of the model that it began with: a repository, or a folder.
        learned: What it learned, if it learns.
        revision: The commit of its repository, where its weights are not in the folder.
    """
    import jinja2  # noqa: PLC0415 - `--help` does without

    file = resources.files("mllmsent.text.transformer").joinpath("model_card.md.j2")
    environment = jinja2.Environment(  # noqa: S701 - Markdown; what is foreign goes through `plain`
        trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    environment.filters["plain"] = _plain
    outputs = [*scheme.label_names] or [
        f"{scale.name} ({scale.low:g} to {scale.high:g})" for scale in scheme.dimensions
    ]
    return environment.from_string(file.read_text(encoding="utf-8")).render(
        scheme=scheme,
        outputs=outputs,
        options=options.resolved().model_dump(mode="json", exclude={"model", "device"}),
        training=options.training,
        base=base,
        repo=base if is_repository(base) else "",
        model=identity.get("model") or {},
        fitted=None if learned is None else learned.fitted,
        is_here=not revision,
        revision=revision,
        version=__version__,
    )


def _plain(text: object) -> str:
    """Somebody's words in a line of Markdown, as words."""
    line = " ".join(printable(str(text)).split())
    for sign in "\\`*_[]<>|#":
        line = line.replace(sign, "\\" + sign)
    return line
