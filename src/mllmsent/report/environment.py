"""The template engine: everything is escaped, and everything is cleaned before it is."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from mllmsent.report.safe_text import clean, excerpt
from mllmsent.report.writing import (
    NOTHING,
    count,
    interval,
    is_number,
    number,
    percent,
    plural,
    signed,
)

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["environment", "fill", "static"]

_HERE = Path(__file__).parent


@cache
def environment() -> Environment:
    """The environment of the report's templates."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415 - jinja2 is slow to import

    engine = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    engine.filters |= {
        "count": count,
        "excerpt": excerpt,
        "interval": lambda pair, digits=2: interval(pair[0], pair[1], digits),
        "number": number,
        "percent": percent,
        "plural": plural,
        "signed": signed,
    }
    engine.tests["number"] = is_number
    return engine


def fill(template: str, **context: Any) -> Markup:
    """A template filled in, as markup that is safe to put into another."""
    return Markup(environment().get_template(template).render(**context))  # noqa: S704 - autoescaped


def static(name: str) -> str:
    """The text of one of the page's own style sheets or scripts."""
    return (_HERE / "static" / name).read_text(encoding="utf-8")


def _finalize(value: Any) -> Any:
    # Markup comes from templates, where each part has gone through here on its own.
    if isinstance(value, str):
        return value if isinstance(value, Markup) else clean(value)
    if value is None or (isinstance(value, float) and value != value):  # noqa: PLR0124 - NaN
        return NOTHING
    return value
