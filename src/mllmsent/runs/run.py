"""Running a study, from the file to the run folder."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mllmsent.foundation.errors import MllmsentError
from mllmsent.foundation.tables import check_table, empty_table
from mllmsent.pathways import get_pathway, systems_table
from mllmsent.runs.asking import ask, held_in_batches, waiting_in_batches
from mllmsent.runs.budget import Budget, check_budget
from mllmsent.runs.cache import AnswerCache
from mllmsent.runs.costs import cost_lines, model_costs
from mllmsent.runs.estimate import estimate_beside
from mllmsent.runs.event_loop import stopped_by_sigterm, to_the_end
from mllmsent.runs.executor import NOT_ASKED
from mllmsent.runs.folder import RunFolder, claimed
from mllmsent.runs.lower_agreement import training_target_rows
from mllmsent.runs.manifest import make_manifest
from mllmsent.runs.place import place_of
from mllmsent.runs.plan import Plan, make_plan, presumed_answers
from mllmsent.runs.prepare import Prepared, prepare
from mllmsent.runs.progress import Silent
from mllmsent.runs.records import answers_in, responses_table
from mllmsent.runs.rounds import first_questions, further_questions, joined
from mllmsent.runs.schema_notes import schema_notes
from mllmsent.runs.similarity import study_similarity

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import pandas as pd

    from mllmsent.affect import Scheme
    from mllmsent.models.interface import Response
    from mllmsent.pathways.interface import Question
    from mllmsent.runs.cache import Answer
    from mllmsent.runs.executor import Observer
    from mllmsent.runs.study import Study

__all__ = ["RunStoppedError", "plan_study", "run_study"]

_AND_OTHERS = ", and the like"


class RunStoppedError(MllmsentError):
    """The run was stopped from outside; what was answered is kept.

    The exit code is the same for Ctrl-C and SIGTERM: for whoever waits, both mean that the same
    command goes on from here.
    """

    exit_code = 130


def plan_study(
    study: str | Path | Study,
    *,
    out: str | Path | None = None,
    cache: str | Path | None = None,
    check: Callable[[Study], None] | None = None,
    **changes: Any,
) -> Plan:
    """What a study would ask, and what it would cost; see `api.plan`.

    Args:
        study: A study file, a run folder, or a study.
        out: The run folder.
        cache: The file of the answer cache.
        check: Raises an `InputError` where the study asks for what there is not in later rooms.
        **changes: Instead of the study's own.
    """
    place = place_of(study, out, cache, changes, check)
    prepared = prepare(place.study, place.base, place.folder.parent)
    _budget(prepared)
    # A plan leaves nothing behind: where there is no cache and no run, nothing is answered yet.
    if place.cache.exists() or (place.folder / "responses.parquet").exists():
        with closing(AnswerCache(place.cache)) as answers:
            _bring_along(place.folder, answers)
            return _plan(place.study, prepared, answers)
    return _plan(place.study, prepared, None)


def _plan(study: Study, prepared: Prepared, answers: AnswerCache | None) -> Plan:
    first = first_questions(prepared)
    further = further_questions(prepared, first, presumed_answers(_all(first), answers))
    questions = _all(first, further)
    known, expected = estimate_beside(answers, questions, prepared.pricing, _schemes(prepared))
    keys = [question.key for question in questions]
    held = {} if answers is None else held_in_batches(answers, keys)
    return make_plan(
        study,
        questions,
        known,
        expected,
        waiting=held.keys(),
        items=len(prepared.inquiry.all_items()),
        notes=(*prepared.notes, *waiting_in_batches(held)),
    )


def run_study(
    study: str | Path | Study,
    *,
    out: str | Path | None = None,
    cache: str | Path | None = None,
    in_flight: int | None = None,
    observer: Observer | None = None,
    say: Callable[[str], None] | None = None,
    check: Callable[[Study], None] | None = None,
    **changes: Any,
) -> RunFolder:
    """Run a study; see `api.run`, and `plan_study` for `check`.

    Raises:
        InputError: If something given cannot be used.
        RunStoppedError: If Ctrl-C or SIGTERM stopped it; the tables then hold what was answered.
    """
    began = datetime.now(UTC)
    say = say or (lambda _: None)
    place = place_of(study, out, cache, changes, check)
    with stopped_by_sigterm(), claimed(place.folder):
        prepared = prepare(place.study, place.base, place.folder.parent, say=say)
        for note in prepared.notes:
            say(note)
        asking = _Asking(first_questions(prepared), _budget(prepared))
        stopped = False
        with closing(AnswerCache(place.cache)) as answers:
            _bring_along(place.folder, answers)
            try:
                to_the_end(
                    _ask(
                        prepared,
                        asking,
                        answers,
                        observer=observer or Silent(),
                        in_flight=in_flight,
                    )
                )
            except KeyboardInterrupt:
                stopped = True
                say("Stopping: what was answered is kept.")
            found = answers.get_many(question.key for question in asking.every)
            waiting = waiting_in_batches(held_in_batches(answers, asking.unsettled))
        folder = RunFolder(place.folder)
        notes = _write(
            prepared,
            folder,
            asking,
            found,
            began=began,
            stopped=stopped,
            waiting=waiting,
        )
        for line in (*notes[len(prepared.notes) :], *cost_lines(folder.manifest["costs"])):
            say(line)
    if stopped:
        raise RunStoppedError(
            f"Stopped. Every answer that arrived is kept, and read in {place.folder}.",
            cure="The same command goes on from here.",
        )
    return folder


@dataclass
class _Asking:
    """What is asked, and what has come of it so far.

    Attributes:
        questions: Pathway to its questions, of the rounds that were begun.
        cached: Keys of requests that had an answer before they were to be asked.
        budget: What may be spent, where the study says so.
        failed: Request key to what failed.
        estimated: Model to what its questions were estimated to cost, in US dollars.
    """

    questions: dict[str, list[Question]]
    budget: Budget | None = None
    cached: set[str] = field(default_factory=set)
    failed: dict[str, Response] = field(default_factory=dict)
    estimated: dict[str, float | None] = field(default_factory=dict)

    @property
    def every(self) -> list[Question]:
        return _all(self.questions)

    @property
    def unsettled(self) -> list[str]:
        return [question.key for question in self.every if question.key not in self.failed]


async def _ask(
    prepared: Prepared,
    asking: _Asking,
    answers: AnswerCache,
    *,
    observer: Observer,
    in_flight: int | None,
) -> None:
    """Ask what can be asked at once, and then what there is to ask about the answers."""
    own = {model.shown: model.in_flight for model in prepared.study.models}
    limits = {name: in_flight or own.get(name) for name in prepared.models}

    async def ask_round(questions: list[Question]) -> None:
        names = {question.model for question in questions}
        asked = {name: each for name, each in prepared.pricing.items() if name in names}
        known, expected = estimate_beside(answers, questions, asked, _schemes(prepared))
        asking.cached |= known
        for name, each in expected.items():
            before, money = asking.estimated.get(name, 0.0), each.cost_usd
            asking.estimated[name] = None if money is None or before is None else before + money
            observer.expects(name, asked[name], money)
        await ask(
            questions,
            prepared.models,
            answers,
            observer,
            in_batches=prepared.in_batches,
            in_flight={name: limit for name, limit in limits.items() if limit},
            failed=asking.failed,
            budget=asking.budget,
        )

    try:
        first = asking.questions
        await ask_round(_all(first))
        found = answers.get_many(question.key for question in _all(first))
        further = further_questions(
            prepared, first, {key: answer.response for key, answer in found.items()}
        )
        asking.questions = joined(first, further)
        await ask_round(_all(further))
    finally:
        for model in prepared.models.values():
            await model.aclose()


def _write(
    prepared: Prepared,
    folder: RunFolder,
    asking: _Asking,
    found: Mapping[str, Answer],
    *,
    began: datetime,
    stopped: bool,
    waiting: Sequence[str],
) -> list[str]:
    """Write the run folder, and give what a reader of it must know."""
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    # Another process may have had the answer meanwhile: then nothing is missing.
    failed = {key: response for key, response in asking.failed.items() if key not in found}
    responses = {key: answer.response for key, answer in found.items()} | failed
    rows: dict[str, list[dict[str, Any]]] = {
        "predictions": [], "readings": [], "descriptions": [],
        "training_targets": training_target_rows(prepared.inquiry.tasks),
    }  # fmt: skip
    systems, notes = [], list(prepared.notes)
    for name in prepared.study.pathways:
        outcome = get_pathway(name).predict(prepared.inquiry, asking.questions[name], responses)
        rows["predictions"] += outcome.predictions
        rows["readings"] += outcome.readings
        rows["descriptions"] += outcome.descriptions
        systems += outcome.systems
        notes += outcome.notes
    table = responses_table(asking.every, found, failed, prepared.pricing)
    notes += schema_notes(asking.every, responses)
    planned = {question.key for question in asking.every}
    unanswered = len(planned) - len(found)
    if unanswered:
        notes.append(
            f"{unanswered} of {len(planned)} requests have no answer: "
            f"{_reasons(failed, unanswered - len(failed), waiting)}. Run the study again to ask only those."
        )
    notes += waiting
    if asking.budget is not None and asking.budget.advice:
        notes.append(asking.budget.advice)
    costs = model_costs(table, asking.cached, asking.estimated)
    written = {
        name: check_table(name, pd.DataFrame(found_rows)) if found_rows else empty_table(name)
        for name, found_rows in rows.items()
    }
    if not stopped:
        written["descriptions"], more = study_similarity(prepared, written["descriptions"])
        notes += more
    dataset = prepared.dataset
    shown = prepared.inquiry.all_items()
    described = {*shown, *prepared.inquiry.training_items()}
    tables: dict[str, pd.DataFrame] = {
        "items": dataset.items[dataset.items["item_id"].isin(described)],
        "annotations": dataset.annotations[dataset.annotations["item_id"].isin(shown)],
        "targets": prepared.targets[prepared.targets["item_id"].isin(shown)],
        "responses": table,
        "systems": systems_table(systems),
        **written,
    }
    folder.write(
        prepared.resolved(folder.path),
        make_manifest(
            prepared,
            folder=folder.path,
            status="stopped" if stopped else "incomplete" if unanswered else "complete",
            began=began,
            ended=datetime.now(UTC),
            requests={
                "planned": len(planned),
                "cached": len(asking.cached),
                "sent": len(found.keys() - asking.cached)
                + sum(response.attempts > 0 for response in failed.values()),
                "failed": len(failed),
                "unanswered": unanswered,
                "refused": sum(response.status == "refused" for response in responses.values()),
            },
            responses=table,
            costs=costs,
            budget=asking.budget,
            notes=notes,
        ),
        tables,
    )
    return notes


def _budget(prepared: Prepared) -> Budget | None:
    """What may be spent, where the study says so and it can be held."""
    limit = prepared.study.budget
    if limit is None:
        return None
    first = first_questions(prepared)
    further = further_questions(prepared, first, presumed_answers(_all(first)))
    check_budget(prepared.pricing, _all(first, further))
    return Budget(limit, prepared.pricing)


def _schemes(prepared: Prepared) -> list[Scheme]:
    return [task.scheme for task in prepared.inquiry.tasks]


def _all(*rounds: Mapping[str, list[Question]]) -> list[Question]:
    return [question for each in rounds for questions in each.values() for question in questions]


def _bring_along(folder: Path, answers: AnswerCache) -> None:
    """Give the cache what a run folder, moved from elsewhere perhaps, has answers to already."""
    file = folder / "responses.parquet"
    if file.exists():
        answers.add(answers_in(RunFolder(folder).table("responses")))


def _reasons(failed: Mapping[str, Response], others: int, waiting: Sequence[str]) -> str:
    """Why requests have no answer: those that failed, and the others, which do not have one yet."""
    counts: dict[str, int] = {}
    wording: dict[str, str] = {}
    for response in failed.values():
        error = response.error.removeprefix(NOT_ASKED) or "no reason given"
        error = error if len(error) <= 160 else f"{error[:157]}..."
        kind = error.split(":")[0][:60]
        counts[kind] = counts.get(kind, 0) + 1
        first = wording.setdefault(kind, error)
        if first != error and not first.endswith(_AND_OTHERS):
            wording[kind] = f"{first}{_AND_OTHERS}"
    ranked = sorted(counts.items(), key=lambda pair: -pair[1])[:4]
    told = [f"{wording[kind]} ({count})" for kind, count in ranked]
    if others:
        told.append(
            f"{'waiting in batches, or not sent yet' if waiting else 'not sent'} ({others})"
        )
    return "; ".join(told)
