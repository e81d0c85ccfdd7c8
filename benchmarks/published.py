"""The published experiments: descriptions, labels, folds and predictions, from wherever they lie.

Two layouts are read. `predictions.parquet` and `descriptions.parquet` are tables of everything. The
authors' own has a folder for each experiment and a file for each fold, with id, text, target and
prediction of its rows; it is what their dataset on the Hugging Face hub holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mllmsent.affect import get_scheme
from mllmsent.data import get_problem
from mllmsent.foundation import InputError, MissingExtraError
from mllmsent.runs.imports.asking import CodeTables
from mllmsent.runs.imports.experiments import find_experiments
from mllmsent.runs.imports.logs import read_logs
from mllmsent.runs.imports.reading import Reading

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from mllmsent.affect import Scheme
    from mllmsent.runs.imports.sheets import Sheet

__all__ = ["CELLS", "HUB", "PublishedCell", "fetch", "find_data", "read_cells"]

CELLS = (("P3", 3), ("P3", 5), ("P5", 3), ("P5", 5))
"""Problem and sigma: how many of the five annotators agree."""
HUB = "Neemias/multimodal-LLMs-See-Sentiment"
DESCRIBER, CLASSIFIER = "gpt-4o-mini", "modernbert"

_TABLES = "published-descriptions"
BESIDE = Path(__file__).resolve().parents[1].parent / "shared" / "data"
"""Where the data is looked for when no folder is named."""


@dataclass(frozen=True, eq=False)
class PublishedCell:
    """One problem and sigma: its items, in the order of the published rows.

    Attributes:
        problem: "P3" or "P5".
        sigma: How many annotators had to agree.
        scheme: What the labels are in.
        ids: (n,) items.
        texts: (n,) their descriptions.
        labels: (n,) what people said.
        folds: (n,) the fold that each was published in.
        predicted: (n,) what the published text model said of each.
    """

    problem: str
    sigma: int
    scheme: Scheme
    ids: tuple[str, ...]
    texts: tuple[str, ...]
    labels: NDArray[np.str_]
    folds: NDArray[np.int64]
    predicted: NDArray[np.str_]


def find_data(folder: Path | None) -> Path:
    """Where the published data lies: the folder that is named, else beside the checkout, else fetched.

    Raises:
        InputError: If a folder is named that is none, or there is none and the hub has no answer.
    """
    if folder is None:
        return BESIDE if BESIDE.is_dir() else fetch()
    if not folder.is_dir():
        raise InputError(
            "There is no such folder." if not folder.exists() else "This is a file.",
            file=folder,
            cure="Name the folder with the published data: make reproduce DATA=FOLDER. Without DATA "
            f"it is fetched from the Hugging Face dataset {HUB}.",
        )
    return folder


def fetch() -> Path:
    """The four experiments' files, from the authors' dataset on the Hugging Face hub or its cache.

    Raises:
        InputError: If they do not come.
        MissingExtraError: If huggingface_hub is not installed.
    """
    try:
        import huggingface_hub  # noqa: PLC0415 - comes with an optional part
    except ImportError:
        raise MissingExtraError("Downloads from the Hugging Face hub", extra="local") from None
    wanted = [
        f"*openai-{CLASSIFIER}-experiment-{problem.lower()}-alpha{sigma}/logs/test_logs*.csv"
        for problem, sigma in CELLS
    ]
    try:
        return Path(
            huggingface_hub.snapshot_download(HUB, repo_type="dataset", allow_patterns=wanted)
        )
    except Exception as error:  # noqa: BLE001 - the library raises whatever its back ends raise
        raise InputError(
            f"The published data is not here, and does not come ({type(error).__name__}).",
            item=HUB,
            cure="Check the connection to the Hugging Face hub; or fetch that dataset elsewhere and "
            "name its folder: make reproduce DATA=FOLDER.",
        ) from None


def read_cells(folder: Path) -> list[PublishedCell]:
    """The four cells, from a folder in either layout.

    Raises:
        InputError: If the folder holds neither layout, or not every cell whole.
    """
    for place in (folder / _TABLES, folder):
        if (place / "predictions.parquet").is_file():
            return list(_from_tables(place))
    return list(_from_experiments(folder))


def _from_tables(folder: Path) -> Iterator[PublishedCell]:
    rows = _table(
        folder / "predictions.parquet",
        ("captioner", "classifier", "training", "problem", "sigma", "fold", "row", "id", "target",
         "prediction"),
    )  # fmt: skip
    told = _table(folder / "descriptions.parquet", ("id", "captioner", "description"))
    told = told[told["captioner"] == DESCRIBER]
    texts = dict(zip(told["id"].astype(str), told["description"].astype(str), strict=True))
    theirs = rows[
        (rows["captioner"] == DESCRIBER)
        & (rows["classifier"] == CLASSIFIER)
        & (rows["training"] == "finetuned")
    ]
    for problem, sigma in CELLS:
        own = theirs[(theirs["problem"] == problem.lower()) & (theirs["sigma"] == sigma)]
        own = own.sort_values(["fold", "row"])
        missing = set(own["id"].astype(str)) - texts.keys()
        if not len(own) or missing:
            item = f"{problem}, sigma {sigma}"
            what = f"{len(missing)} of its items have no description" if missing else "has no rows"
            raise InputError(f"This cell is not whole: {what}.", file=folder, item=item)
        yield _cell(
            problem,
            sigma,
            ids=own["id"].astype(str).tolist(),
            texts=[texts[item] for item in own["id"].astype(str)],
            folds=own["fold"].tolist(),
            targets=own["target"].astype(str).tolist(),
            predicted=own["prediction"].astype(str).tolist(),
            file=folder / "predictions.parquet",
        )


def _table(file: Path, columns: Sequence[str]) -> pd.DataFrame:
    try:
        return pd.read_parquet(file, columns=list(columns))
    except Exception as error:  # noqa: BLE001 - whatever its back ends raise of a damaged file
        raise InputError(
            f"This table cannot be read: {str(error).splitlines()[0]}",
            file=file,
            cure=f"It needs the columns {', '.join(columns)}.",
        ) from None


def _from_experiments(folder: Path) -> Iterator[PublishedCell]:
    try:
        found = find_experiments([folder])
    except InputError as error:
        raise InputError(
            f"The published data is not in here. {error.message}",
            file=folder,
            cure=f"Name a folder with {_TABLES}/predictions.parquet, or with the authors' "
            "experiments-finetuning/openai-modernbert-experiment-p3-alpha3 and the like: "
            "make reproduce DATA=FOLDER.",
        ) from None
    theirs = {
        (each.problem, each.min_agreement): each
        for each in found
        if (each.describer, each.classifier, each.training) == (DESCRIBER, CLASSIFIER, "fine-tuned")
    }
    for problem, sigma in CELLS:
        name = f"openai-{CLASSIFIER}-experiment-{problem.lower()}-alpha{sigma}"
        if (problem, sigma) not in theirs:
            raise InputError(
                f"The experiment {name} is missing.",
                file=folder,
                cure="All four are needed: p3 and p5, with alpha3 and alpha5.",
            )
        read = read_logs(
            [theirs[problem, sigma].folder],
            codes=CodeTables(),
            reading=Reading(),
            given={},
            progress=lambda *_: None,
        )
        yield _from_sheets(problem, sigma, read.sheets, folder / name)


def _from_sheets(problem: str, sigma: int, sheets: Sequence[Sheet], place: Path) -> PublishedCell:
    ids = [item for sheet in sheets for item in sheet.ids]
    texts = [text for sheet in sheets for text in sheet.texts]
    if any(item is None for item in ids) or any(text is None for text in texts):
        raise InputError(
            "Its files do not have the id and the text of every row, without which nothing can be "
            "held against it.",
            file=place,
        )
    return _cell(
        problem,
        sigma,
        ids=[str(item) for item in ids],
        texts=[str(text) for text in texts],
        folds=[sheet.fold for sheet in sheets for _ in sheet.ids],
        targets=[target for sheet in sheets for target in sheet.raw_targets],
        predicted=[label for sheet in sheets for label in sheet.raw_labels],
        file=place,
    )


def _cell(
    problem: str,
    sigma: int,
    *,
    ids: Sequence[str],
    texts: Sequence[str],
    folds: Sequence[Any],
    targets: Sequence[str],
    predicted: Sequence[str],
    file: Path,
) -> PublishedCell:
    known = get_problem(problem)
    codes = {str(code): label for code, label in known.codes.items()}
    strange = sorted({*targets, *predicted} - codes.keys())
    if strange:
        raise InputError(
            f"{strange[0]!r} is no class of {problem}.",
            file=file,
            item=f"{problem}, sigma {sigma}",
            cure=f"Its classes are {', '.join(codes)}.",
        )
    if len(set(ids)) < len(ids):
        raise InputError("An item is tested twice.", file=file, item=f"{problem}, sigma {sigma}")
    return PublishedCell(
        problem=problem,
        sigma=sigma,
        scheme=get_scheme(known.target().name),
        ids=tuple(ids),
        texts=tuple(texts),
        labels=np.array([codes[target] for target in targets]),
        folds=np.array(folds, dtype=np.int64),
        predicted=np.array([codes[label] for label in predicted]),
    )
