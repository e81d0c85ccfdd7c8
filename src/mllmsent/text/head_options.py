"""What may be said of a linear model, whatever its features are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from mllmsent.foundation.config import Config
from mllmsent.text.linear_models import Choice, ClassWeight

if TYPE_CHECKING:
    from mllmsent.affect.scheme import Scheme

__all__ = ["HeadOptions", "Several", "as_many"]


def as_many(value: Any) -> Any:
    """One value as a list of one: `c: 1` means `c: [1]`."""
    return value if isinstance(value, (list, tuple)) else (value,)


Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Several = Annotated[tuple[Positive, ...], BeforeValidator(as_many), Field(min_length=1)]


class HeadOptions(Config):
    """Penalties, class weights, and how to choose among several of them.

    Where several values are given (`c: [0.1, 1, 10]`), training chooses among them by
    cross-validation within the training texts, so that reported scores come from texts that the
    choice has not seen.
    """

    c: Several = (1.0,)
    """Labels: inverse strength of the L2 penalty (scikit-learn's `C`)."""
    class_weight: Annotated[
        tuple[ClassWeight, ...], BeforeValidator(as_many), Field(min_length=1)
    ] = ("balanced",)
    """Labels: whether a text counts the same whatever its class (none), each class the same in total
    (balanced), or a class as the square root of how many texts it has (root)."""
    alpha: Several = (1.0,)
    """Dimensions: strength of the L2 penalty (scikit-learn's `alpha`)."""
    choose_by: Literal["weighted_f1", "macro_f1"] = "weighted_f1"
    """Labels: the score by which to choose. Dimensions go by their mean squared error."""
    inner_folds: int = Field(default=5, ge=2)
    """Folds of the training texts by which to choose."""

    def candidates(self, scheme: Scheme) -> tuple[Choice, ...]:
        """What to choose from, the stronger penalty first."""
        if scheme.kind == "dimensional":
            return tuple(Choice(alpha=alpha) for alpha in sorted(self.alpha, reverse=True))
        return tuple(
            Choice(c=c, class_weight=weight) for weight in self.class_weight for c in sorted(self.c)
        )
