"""What a pathway is: it turns items into questions, and what came back into predictions.

To add one, write a class with the members of `Pathway` in a file of its own and name it in the
registry in `pathways/__init__.py` (or in the entry-point group `mllmsent.pathways`). A pathway never
asks a model itself: it plans, and reads what the run brings back.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from mllmsent.data.conditions import parse_condition

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pandas as pd

    from mllmsent.affect.scheme import Scheme
    from mllmsent.data import Dataset
    from mllmsent.data.images import ImageRef
    from mllmsent.models.interface import Request, Response, Settings
    from mllmsent.pathways.judges import Judge
    from mllmsent.pathways.system import System
    from mllmsent.prompts import Shown, Strategy
    from mllmsent.text import TextClassifier

__all__ = [
    "Asked",
    "ClassifierSpec",
    "Following",
    "Inquiry",
    "Outcome",
    "Pathway",
    "Question",
    "Reader",
    "Task",
    "TrainingItems",
    "strategy_settings",
]


@dataclass(frozen=True)
class TrainingItems:
    """Items that classifiers learn from and that are not scored: fewer annotators agree on them.

    Attributes:
        min_agreement: How many annotators agree on them at least.
        labels: Item to label, in the dataset's order.
        folds: Item to fold, where items are divided by a column: who is tested on one of its values
            learns from no item that has it. Empty where items are divided otherwise.
    """

    min_agreement: int
    labels: Mapping[str, str]
    folds: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Task:
    """One scheme in which the study asks, with what people said and how items are divided.

    Attributes:
        scheme: The scheme.
        items: Items asked about in it, in the dataset's order.
        targets: Rows of table `targets` for this scheme, every annotator group.
        folds: Item to fold, for items with a target: also for those that a study's `limit` leaves
            out of `items`, so that solved examples are the same with it and without.
        neutral_as: The class that "neutral" was folded into, where a problem folds it.
        fold_rule: How the items were divided, in words: "stratified, 5 folds, seed 42".
        groups: Item to the group that shares its fold; items that are not in it are alone.
        training: What classifiers learn from besides; None for nothing. None of it is scored here.
    """

    scheme: Scheme
    items: tuple[str, ...]
    targets: pd.DataFrame
    folds: Mapping[str, int]
    neutral_as: str | None = None
    fold_rule: str = ""
    groups: Mapping[str, str] = field(default_factory=dict)
    training: TrainingItems | None = None

    def labels(self) -> dict[str, str]:
        """Item to the label that everybody's votes give it."""
        rows = self.targets[self.targets["annotator_group"] == "all"]
        rows = rows[rows["label"].notna()]
        return dict(zip(rows["item_id"], rows["label"], strict=True))

    def values(self) -> dict[str, dict[str, float]]:
        """Item to the mean rating on each dimension; items with every dimension only."""
        rows = self.targets[
            (self.targets["annotator_group"] == "all") & self.targets["mean"].notna()
        ]
        found: dict[str, dict[str, float]] = {}
        for item, dimension, mean in zip(
            rows["item_id"], rows["dimension"], rows["mean"], strict=True
        ):
            found.setdefault(item, {})[dimension] = float(mean)
        names = set(self.scheme.dimension_names)
        return {item: values for item, values in found.items() if set(values) >= names}


@dataclass(frozen=True)
class Asked:
    """A model as it is asked: its name in tables, what makes it itself, and how it answers.

    Attributes:
        name: Name in tables and reports.
        identity: `Model.identity`.
        settings: The settings for this model.
        note: Shown beside its systems: "simulated", for example.
        answers: Whether it answers questions, and does not only describe.
    """

    name: str
    identity: Mapping[str, Any]
    settings: Settings
    note: str = ""
    answers: bool = True


@dataclass(frozen=True)
class Inquiry:
    """Everything a pathway plans from.

    Attributes:
        dataset: The items.
        tasks: The schemes asked in.
        models: Who is asked.
        strategies: The wordings of all pathways; each takes its own.
        conditions: Planned changes of what is shown, "none" among them or not.
        repeats: How often each question is asked.
        seed: Seed of whatever the pathway draws.
        describers: Whose descriptions are read: names of models, or `dataset/NAME`.
        classifiers: What reads descriptions: name and a factory of fresh, untrained classifiers.
        readers: Language models that read descriptions as classifiers do.
        judges: Models that are shown an item with a description of it and mark the description.
        description_conditions: Planned changes of descriptions of what is shown as it is; who
            describes is not asked for them.
    """

    dataset: Dataset
    tasks: tuple[Task, ...]
    models: tuple[Asked, ...]
    strategies: tuple[Strategy, ...]
    conditions: tuple[str, ...]
    repeats: int
    seed: int
    describers: tuple[str, ...] = ()
    classifiers: tuple[ClassifierSpec, ...] = ()
    readers: tuple[Reader, ...] = ()
    judges: tuple[Judge, ...] = ()
    description_conditions: tuple[str, ...] = ()

    def strategies_of(self, pathway: str) -> tuple[Strategy, ...]:
        """The strategies that word this pathway's questions."""
        return tuple(strategy for strategy in self.strategies if strategy.pathway == pathway)

    def all_items(self) -> tuple[str, ...]:
        """Items asked about in any scheme, in the dataset's order."""
        asked = {item for task in self.tasks for item in task.items}
        return tuple(item for item in self.dataset.items["item_id"] if item in asked)

    def training_items(self) -> tuple[str, ...]:
        """Items asked about in no scheme and learned from in some, in the dataset's order."""
        learned = {item for task in self.tasks if task.training for item in task.training.labels}
        learned -= set(self.all_items())
        return tuple(item for item in self.dataset.items["item_id"] if item in learned)

    def shown(self, item: str, condition: str = "none") -> Shown:
        """What a model is shown of an item: its image, its text, or both where it has both.

        Empty where it has nothing, or nothing that `condition` shows.
        """
        image, text = self._image(item), self._texts.get(item, "")
        change = parse_condition(condition).condition
        if image is None or change.shows == "text":
            return "" if change.shows == "image" else text
        if change.changes not in {"nothing", "shown"}:
            image = replace(image, condition=condition, seed=self.seed)
        return (image, text) if text and change.shows == "everything" else image

    def shown_under(self, items: Sequence[str], condition: str) -> tuple[str, ...]:
        """The items that a model can be shown under a condition.

        An item without image and text has nothing to show, and the text of an item without image is
        the same under every change of images: asked about it again, a model would seem not to mind.
        For the same reason one part alone is shown only of items that have both.
        """
        changes = parse_condition(condition).condition.changes
        if changes == "image":
            return tuple(item for item in items if self._image(item) is not None)
        if changes == "shown":
            return tuple(item for item in items if isinstance(self.shown(item), tuple))
        return tuple(item for item in items if self.shown(item, condition))

    def _image(self, item: str) -> ImageRef | None:
        # Looking an item up in a table costs more than asking about it costs otherwise.
        if item not in self._images:
            self._images[item] = self.dataset.image(item, "none", self.seed)
        return self._images[item]

    @cached_property
    def _images(self) -> dict[str, ImageRef | None]:
        return {}

    @cached_property
    def _texts(self) -> dict[str, str]:
        rows = self.dataset.items
        if "text" not in rows:
            return {}
        rows = rows[rows["text"].notna()]
        texts = zip(rows["item_id"], rows["text"], strict=True)
        return {item: text for item, text in texts if text.strip()}


@dataclass(frozen=True)
class ClassifierSpec:
    """A text classifier that a study names.

    Attributes:
        name: Name in tables.
        options: Its parameters.
        make: Gives a fresh, untrained one for a task.
        together: Whether it reads all describers' descriptions of an item as one system.
    """

    name: str
    options: Mapping[str, Any]
    make: ClassifierFactory
    together: bool = False


@dataclass(frozen=True)
class Reader:
    """A language model that reads descriptions: a text classifier that is asked.

    Attributes:
        name: Name in tables.
        model: It, as it is asked.
        strategy: The wording, which shows a description.
        shots: How many solved examples come before each question.
    """

    name: str
    model: Asked
    strategy: Strategy
    shots: int = 0

    @property
    def identity(self) -> Mapping[str, Any]:
        """What makes it itself, whatever it is called, as plain JSON."""
        strategy = self.strategy
        return {
            "classifier": "language model",
            "model": dict(self.model.identity) or self.model.name,
            "settings": strategy_settings(strategy, self.model.settings).as_dict(),
            "strategy": strategy.name,
            "strategy_version": f"{strategy.version}+{strategy.digest}",
            "language": strategy.language,
            "readout": strategy.readout,
            "shots": self.shots,
        }


class ClassifierFactory(Protocol):
    """Makes a classifier for a task."""

    def __call__(self, task: Task) -> TextClassifier:
        """A fresh, untrained classifier."""
        ...


@dataclass(frozen=True, slots=True)
class Question:
    """One planned question: a request, and what it is asked for.

    Attributes:
        key: The request's key; two questions with one key are sent once.
        request: What is sent.
        model: Name of the model asked.
        stage: "direct", "description", "classification" or "judgement" (of a description), "scene".
        item_id: The item it is about.
        strategy: Name of the strategy.
        strategy_version: Its version and digest.
        scheme: Name of the scheme asked in; None for descriptions.
        condition: The planned change of the image.
        repeat: Which repeat, from 0.
        sample: Which sample of a repeat, from 0.
        fold: The fold the item belongs to, where exemplars depend on it.
        describer: In the classification or judgement of a description, whose it is.
        classifier: In the classification of a description, which reader classifies.
        thinks_aloud: Whether its wording has the model write more than the answer.
    """

    key: str
    request: Request
    model: str
    stage: str
    item_id: str
    strategy: str
    strategy_version: str
    scheme: str | None
    condition: str
    repeat: int
    sample: int
    fold: int | None = None
    describer: str = ""
    classifier: str = ""
    thinks_aloud: bool = False


@dataclass(frozen=True)
class Outcome:
    """What a pathway makes of the responses.

    Attributes:
        predictions: Rows of table `predictions`.
        systems: The systems that made them.
        readings: Rows of table `readings` (scene pathway).
        descriptions: Rows of table `descriptions` (described pathway).
        notes: What a reader of the report must know, one sentence each.
    """

    predictions: list[dict[str, Any]] = field(default_factory=list)
    systems: list[System] = field(default_factory=list)
    readings: list[dict[str, Any]] = field(default_factory=list)
    descriptions: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


class Pathway(Protocol):
    """A way from an image to an emotion.

    Attributes:
        name: As studies and tables call it.
        stage: The stage of its first questions, by which they are told from other pathways'.
    """

    name: str
    stage: str

    def plan(self, inquiry: Inquiry) -> Iterator[Question]:
        """The questions to ask, in the order in which they are best sent."""
        ...

    def predict(
        self,
        inquiry: Inquiry,
        questions: Sequence[Question],
        responses: Mapping[str, Response],
    ) -> Outcome:
        """Predictions from what came back.

        Args:
            inquiry: What was planned from.
            questions: This pathway's questions, those that followed included.
            responses: Request key to response; a key that is absent was never answered.
        """
        ...


@runtime_checkable
class Following(Protocol):
    """A pathway that asks on, about what was answered."""

    def follow_up(
        self,
        inquiry: Inquiry,
        questions: Sequence[Question],
        responses: Mapping[str, Response],
    ) -> Iterator[Question]:
        """What there is to ask once the first questions have been.

        Args:
            inquiry: What was planned from.
            questions: The first questions, which `plan` gave.
            responses: Request key to response; of what has no answer, nothing is asked.
        """
        ...


def strategy_settings(strategy: Strategy, settings: Settings, *, seed_shift: int = 0) -> Settings:
    """The study's settings with what the strategy depends on, and a seed of its own per sample.

    Where likelihoods are wanted, nothing is drawn or written, and what would say how is left out:
    the same likelihoods are the same answer, and the same system, whatever the temperature.
    """
    if strategy.readout == "likelihood":
        return replace(settings, temperature=None, top_p=None, max_tokens=None, seed=None)
    temperature = settings.temperature if strategy.temperature is None else strategy.temperature
    max_tokens = settings.max_tokens
    if max_tokens is not None:
        max_tokens = max(max_tokens, strategy.min_max_tokens)
    seed = None if settings.seed is None else settings.seed + seed_shift
    return replace(settings, temperature=temperature, max_tokens=max_tokens, seed=seed)
