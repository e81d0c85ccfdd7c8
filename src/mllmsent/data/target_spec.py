"""What a study declares about its targets, and what that means for a dataset."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from mllmsent.affect.catalog import get_scheme, scheme_names
from mllmsent.affect.conversion import conversion_names, cut, get_conversion, relabel
from mllmsent.affect.scheme import Scheme
from mllmsent.data.problems import get_problem
from mllmsent.foundation import InputError, nearest

if TYPE_CHECKING:
    from mllmsent.affect.conversion import Conversion
    from mllmsent.data.dataset import Dataset

__all__ = ["Resolved", "TargetSpec", "resolve"]


@dataclass(frozen=True, kw_only=True)
class TargetSpec:
    """How what people said becomes targets in one scheme.

    Attributes:
        scheme: The scheme asked for, or its name (a built-in one's, or one of the dataset's own); may
            be left out where `problem` says it.
        problem: A published problem: P5, P3, P2+ or P2-.
        source: Name of the dataset's scheme to start from; by default the one asked for, or the
            only one that can become it. Rescaling wants it named.
        dimension: The dimension of the source that is cut; by default its only one.
        cuts: Where ratings or means are cut into ordered labels: rising values in the source's own
            units, one fewer than labels; a value at a cut belongs to the label above it.
        fold: Source label to target label (or None to leave it out), every one of them; or the name
            of a conversion. Votes are folded before they are counted.
        min_agreement: How many annotators must agree for an item to have a label. None asks for
            most votes, whoever they are.
        annotator_groups: Annotator columns by whose values targets are also given apart: "sex".
        by_dataset: Of a joined dataset: name of a part to how its targets are made, where that is not
            as said here. Their scheme is the one asked for here.
    """

    scheme: str | Scheme | None = None
    problem: str | None = None
    source: str | None = None
    dimension: str | None = None
    cuts: tuple[float, ...] | None = None
    fold: Mapping[str, str | None] | str | None = None
    min_agreement: int | None = None
    annotator_groups: tuple[str, ...] = ()
    by_dataset: Mapping[str, TargetSpec] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.scheme is None and self.problem is None:
            raise InputError("Say which `scheme`, or which published `problem`.")
        if self.cuts is not None and self.fold is not None:
            raise InputError(
                "Targets are either cut or folded, not both.",
                cure="`cuts` is for ratings, `fold` for votes.",
            )
        if self.min_agreement is not None and self.min_agreement < 1:
            raise InputError(f"`min_agreement` is {self.min_agreement}; it must be 1 or more.")

    @property
    def sigma(self) -> int | None:
        """The paper's name for `min_agreement`."""
        return self.min_agreement

    def of_part(self, name: str) -> TargetSpec:
        """How the targets of the part of a joined dataset that is called so are made."""
        return self.by_dataset.get(name) or replace(self, by_dataset={})

    def of_fewer(self, min_agreement: int) -> TargetSpec:
        """The same with so few who must agree, wherever more were asked to; of everybody only."""
        least = self.min_agreement
        return replace(
            self,
            min_agreement=None if least is None else min(least, min_agreement),
            annotator_groups=(),
            by_dataset={
                name: part.of_fewer(min_agreement) for name, part in self.by_dataset.items()
            },
        )

    def target_scheme(self, dataset: Dataset | None = None) -> Scheme:
        """The scheme asked for.

        Args:
            dataset: Whose own schemes may be asked for by name, before the built-in ones.

        Raises:
            InputError: If there is no such scheme or problem, or the two disagree.
        """
        asked = self.scheme
        if isinstance(asked, str):
            own = {} if dataset is None else {scheme.name: scheme for scheme in dataset.schemes}
            if asked not in own and asked not in scheme_names():
                raise InputError(
                    f"No scheme is called {asked!r}.", cure=nearest(asked, [*own, *scheme_names()])
                )
            asked = own[asked] if asked in own else get_scheme(asked)
        if self.problem is None:
            assert asked is not None, "one of the two is given"
            return asked
        scheme = get_problem(self.problem).target()
        if asked is not None and asked.digest() != scheme.digest():
            raise InputError(
                f"Problem {self.problem} is about {scheme.name}, not {asked.name}.",
                cure="Leave `scheme` out.",
            )
        return scheme

    def as_dict(self) -> dict[str, Any]:
        """What is declared, as plain JSON: part of a protocol's hash."""
        fold = dict(self.fold) if isinstance(self.fold, Mapping) else self.fold
        parts = {name: spec.as_dict() for name, spec in self.by_dataset.items()}
        return {
            "scheme": self.scheme.name if isinstance(self.scheme, Scheme) else self.scheme,
            "problem": None if self.problem is None else self.problem.upper(),
            "source": self.source,
            "dimension": self.dimension,
            "cuts": None if self.cuts is None else list(self.cuts),
            "fold": fold,
            "min_agreement": self.min_agreement,
            "annotator_groups": list(self.annotator_groups),
        } | ({"by_dataset": parts} if parts else {})


@dataclass(frozen=True)
class Resolved:
    """A specification beside a dataset.

    Attributes:
        target: The scheme asked for.
        source: The dataset's scheme to start from.
        conversion: From source to target; None where they are the same, or both dimensional.
        min_agreement: See `TargetSpec`.
    """

    target: Scheme
    source: Scheme
    conversion: Conversion | None
    min_agreement: int | None

    @property
    def cuts_dimension(self) -> str:
        """The dimension that is cut; empty where none is."""
        return "" if self.conversion is None else self.conversion.dimension

    def mapping(self) -> dict[str, str | None] | None:
        """Source label to target label; None where labels stay as they are."""
        return None if self.conversion is None else dict(self.conversion.mapping)

    @property
    def merges(self) -> bool:
        """Whether two labels of the source become one."""
        kept = [label for label in (self.mapping() or {}).values() if label is not None]
        return len(set(kept)) < len(kept)


def resolve(spec: TargetSpec, dataset: Dataset) -> Resolved:
    """What a specification means for a dataset.

    Raises:
        InputError: If the dataset has nothing that could become the scheme asked for, or how it
            should is not said.
    """
    target = spec.target_scheme(dataset)
    source = _source(spec, target, dataset)
    if target.kind == "dimensional":
        _check_dimensions(spec, source, target)
        return Resolved(target, source, None, None)
    if spec.cuts is not None:
        dimension = _cut_dimension(spec, source)
        conversion = cut(f"{source.name}-cut", source, target, dimension=dimension, cuts=spec.cuts)
        return Resolved(target, source, conversion, spec.min_agreement)
    return Resolved(target, source, _folding(spec, source, target), spec.min_agreement)


def _source(spec: TargetSpec, target: Scheme, dataset: Dataset) -> Scheme:
    if spec.source is not None:
        return dataset.scheme(spec.source)
    by_name = {scheme.name: scheme for scheme in dataset.schemes}
    if target.name in by_name and spec.cuts is None and not isinstance(spec.fold, Mapping):
        return by_name[target.name]
    named = spec.fold if isinstance(spec.fold, str) else None
    if named is None and spec.problem is not None:
        named = get_problem(spec.problem).conversion
    if named is not None and (source := get_conversion(named).source).name in by_name:
        return by_name[source.name]
    fitting = [scheme for scheme in dataset.schemes if _can_become(scheme, target, spec)]
    if len(fitting) == 1:
        return fitting[0]
    known = ", ".join(by_name) or "nothing"
    if fitting:
        names = " or ".join(repr(scheme.name) for scheme in fitting)
        raise InputError(
            f"Dataset {dataset.name!r} has {known}: more than one could become {target.name}.",
            cure=f"Write which under `source`: {names}.",
        )
    raise InputError(
        f"Dataset {dataset.name!r} has {known}, and nothing that could become {target.name}.",
        cure="Ask in a scheme that it has, or say `fold` (for labels) or `cuts` (for ratings).",
    )


def _can_become(scheme: Scheme, target: Scheme, spec: TargetSpec) -> bool:
    if target.kind == "dimensional":
        return bool(set(scheme.dimension_names) & set(target.dimension_names))
    if spec.cuts is not None:
        wanted = spec.dimension
        return scheme.kind == "dimensional" and wanted in {None, *scheme.dimension_names}
    if isinstance(spec.fold, Mapping):
        return set(scheme.label_names) == set(spec.fold)
    return scheme.kind != "dimensional"


def _check_dimensions(spec: TargetSpec, source: Scheme, target: Scheme) -> None:
    if spec.min_agreement is not None or spec.fold is not None or spec.cuts is not None:
        raise InputError(
            f"{target.name} has dimensions: `min_agreement`, `fold` and `cuts` are for labels."
        )
    shared = [name for name in target.dimension_names if name in source.dimension_names]
    if not shared:
        raise InputError(
            f"{source.name} has no dimension of {target.name}.",
            cure=nearest(target.dimension_names[0], source.dimension_names),
        )
    for name in shared:
        own, asked = source.dimension(name), target.dimension(name)
        if (own.low, own.high) != (asked.low, asked.high) and spec.source is None:
            raise InputError(
                f"People rated {name} from {own.low:g} to {own.high:g}; "
                f"{target.name} goes from {asked.low:g} to {asked.high:g}.",
                cure=(
                    f"Write `source: {source.name}` to rescale it linearly, or ask in "
                    f"{source.name} itself."
                ),
            )


def _cut_dimension(spec: TargetSpec, source: Scheme) -> str:
    if spec.dimension is not None:
        return source.dimension(spec.dimension).name
    if len(source.dimensions) != 1:
        names = ", ".join(source.dimension_names) or "none"
        raise InputError(
            f"Which dimension of {source.name} is cut? It has {names}.",
            cure="Write it under `dimension`.",
        )
    return source.dimension_names[0]


def _folding(spec: TargetSpec, source: Scheme, target: Scheme) -> Conversion | None:
    if isinstance(spec.fold, Mapping):
        return relabel(f"{source.name}-folded", source, target, spec.fold)
    if isinstance(spec.fold, str):
        conversion = get_conversion(spec.fold)
        if (conversion.source.digest(), conversion.target.digest()) != (
            source.digest(),
            target.digest(),
        ):
            raise InputError(
                f"{spec.fold} makes {conversion.target.name} of {conversion.source.name}, not "
                f"{target.name} of {source.name}."
            )
        return conversion
    if source.digest() == target.digest():
        return None
    if spec.problem is not None:
        preset = get_problem(spec.problem).folding()
        if preset is not None and preset.source.digest() == source.digest():
            return preset
    fitting = [
        name
        for name in conversion_names()
        if get_conversion(name).source.digest() == source.digest()
        and get_conversion(name).target.digest() == target.digest()
    ]
    raise InputError(
        f"What do the labels of {source.name} become in {target.name}?",
        cure=(
            "Write `fold` with every label"
            + (f", or `fold: {fitting[0]}`" if fitting else "")
            + (", or `cuts` for ratings." if source.kind == "dimensional" else ".")
        ),
    )
