"""Everything that is known of one model, whoever provides it, without asking or loading it."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field, replace
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from mllmsent.foundation.config import Config
from mllmsent.foundation.errors import InputError, MllmsentError, nearest
from mllmsent.models.hub import cached_model, is_repository, model_page
from mllmsent.models.local.families import known_families
from mllmsent.models.machine import Fit, Machine, fit, memory_at
from mllmsent.models.presets import Preset, find_preset, preset_options, presets
from mllmsent.models.registry import PROVIDERS, get_model
from mllmsent.models.weights import read_stored_model

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mllmsent.models.interface import Capabilities

__all__ = [
    "LOCAL",
    "ModelFacts",
    "Option",
    "Place",
    "facts_of",
    "install_command",
    "options_of",
    "place_of",
]

Place = Literal["yes", "partly", "no", "builtin", "folder", "served"]

LOCAL = ("hf", "builtin")
"""Providers whose models run on this machine from files."""

_BUILTIN = Path(__file__).parent / "builtin"


@dataclass(frozen=True, slots=True)
class Option:
    """Something that a study may say about a model.

    Attributes:
        name: Its key.
        default: What holds unless it is given.
        meaning: What it does.
    """

    name: str
    default: Any
    meaning: str


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """A model, as far as it is known; None where it is not.

    Attributes:
        name: As a study has it.
        title: What it is, for people.
        family: `model_type` of config.json.
        known_family: Whether this project tests that family.
        parameters: Number of parameters.
        counted: Whether they were counted in its files (rather than looked up).
        memory_gb: What it needs here by precision, the default one first.
        fits: Whether that is free on this machine.
        license: SPDX identifier or name.
        gated: Whether the license has to be accepted before it can be downloaded.
        downloaded: Where its files are: in the hub's cache ("yes", "partly", "no"), "builtin", in a
            "folder"; or it is "served" by somebody.
        bytes_on_disk: Size of its weights there.
        revision: Commit of the files, or what would be downloaded.
        context_length: Tokens of question and answer together.
        chat_template: Whether it says how a conversation is written.
        missing_packages: What it needs and is not installed.
        capabilities: What it can do; None where that shows only once it is there.
        not_here: Why it cannot be asked here as things are; empty where nothing is known against it.
        note: What else to know.
        page: Where to read more.
        preset_options: What the provider is told unless a study says otherwise.
        options: What a study may say about it.
    """

    name: str
    title: str
    family: str | None = None
    known_family: bool | None = None
    parameters: float | None = None
    counted: bool = False
    memory_gb: Mapping[str, float] = field(default_factory=dict)
    fits: Fit = "unknown"
    license: str | None = None
    gated: bool | None = None
    downloaded: Place = "served"
    bytes_on_disk: int | None = None
    revision: str | None = None
    context_length: int | None = None
    chat_template: bool | None = None
    missing_packages: tuple[str, ...] = ()
    capabilities: Capabilities | None = None
    not_here: str = ""
    note: str = ""
    page: str = ""
    preset_options: Mapping[str, Any] = field(default_factory=dict)
    options: tuple[Option, ...] = ()


def facts_of(name: str, machine: Machine, *, closely: bool = True) -> ModelFacts:
    """What is known of a model.

    Args:
        name: `provider/name`: a preset, any repository (hf/OWNER/NAME), a folder (hf/FOLDER), or a
            model of any other provider.
        machine: Where it is to run.
        closely: Whether its files are read and the model is made (not loaded) to see what it can
            do; a list of many does without.

    Raises:
        InputError: If no provider has such a name, or a file of the model cannot be read.
    """
    provider, _, rest = name.partition("/")
    if provider not in PROVIDERS.names():
        raise InputError(
            f"No provider of models is called {provider!r}.",
            cure=nearest(provider, PROVIDERS.names()),
            item=name,
        )
    if not rest:
        raise InputError(
            f"Models are written provider/name, not {name!r}.", cure=nearest(name, presets())
        )
    preset = find_preset(name)
    facts = ModelFacts(name, title=rest if preset is None else preset.title)
    if preset is not None:
        facts = _with_preset(facts, preset, machine)
    if provider in LOCAL:
        facts = _with_files(facts, machine, preset, closely=closely)
    if closely:
        facts = _with_model(facts, provider)
    return facts


def place_of(name: str, revision: str | None = None) -> tuple[Place, Path | None, str]:
    """Where the files of a local model are.

    Args:
        name: "hf/OWNER/NAME", "hf/FOLDER" or "builtin/NAME".
        revision: Commit, tag or branch; None for the preset's, else the main branch.

    Returns:
        What kind of place, the folder (None where there is none), and the commit if it has one.

    Raises:
        InputError: If it is neither a folder that is there nor a name that a repository could have.
    """
    provider, _, rest = name.partition("/")
    if provider == "builtin":
        folder = _BUILTIN / rest
        there = Path(rest).name == rest and folder.is_dir()
        return "builtin", folder if there else None, ""
    folder = Path(rest).expanduser()
    if folder.is_dir():
        return "folder", folder, ""
    if not is_repository(rest):
        siblings = [path.name for path in folder.parent.glob("*") if path.is_dir()]
        raise InputError(
            "There is no such folder.",
            cure=nearest(folder.name, siblings) if rest.count("/") else "Write hf/OWNER/NAME.",
            file=rest,
        )
    cached = cached_model(rest, revision or preset_options(name).get("revision"))
    return cached.state, cached.folder, cached.commit


def options_of(provider: str) -> tuple[Option, ...]:
    """What a study may say about the models of a provider, with what it means.

    It is read from the configuration that the provider's module names `...Options`; a module with
    several says which by a function `options_type(provider)`.
    """
    try:
        factory: Any = PROVIDERS.get(provider)
    except (ImportError, MllmsentError):
        return ()
    module = sys.modules.get(getattr(getattr(factory, "func", factory), "__module__", ""))
    told = getattr(module, "options_type", None)
    kinds = (
        [told(provider)]
        if callable(told)
        else [
            kind
            for name, kind in vars(module).items()
            if name.endswith("Options") and isinstance(kind, type) and issubclass(kind, Config)
        ]
    )
    return tuple(
        Option(name, info.get_default(call_default_factory=True), info.description or "")
        for kind in kinds[:1]
        for name, info in kind.model_fields.items()
    )


def install_command(packages: Iterable[str]) -> str:
    """What to type to install packages: torch stays the one that is there.

    Left to itself, pip would take torchvision's newest version, and another torch with it.
    """
    try:
        torch = f" 'torch=={version('torch').partition('+')[0]}'"
    except PackageNotFoundError:
        torch = ""
    return f"pip install {' '.join(packages)}{torch}"


def _with_preset(facts: ModelFacts, preset: Preset, machine: Machine) -> ModelFacts:
    return replace(
        facts,
        family=preset.family,
        known_family=None if preset.family is None else preset.family in known_families(),
        parameters=None if preset.parameters_b is None else preset.parameters_b * 1e9,
        memory_gb=memory_at(preset, machine),
        fits=fit(preset, machine),
        license=preset.license,
        gated=preset.gated,
        revision=preset.options.get("revision"),
        context_length=preset.context_length,
        missing_packages=tuple(name for name in preset.needs if find_spec(name) is None),
        note=preset.note,
        preset_options=dict(preset.options),
    )


def _with_files(
    facts: ModelFacts, machine: Machine, preset: Preset | None, *, closely: bool
) -> ModelFacts:
    """What the files say, where there are some, goes before what was looked up."""
    place, folder, commit = place_of(facts.name)
    rest = facts.name.partition("/")[2]
    page = model_page(rest) if place in {"yes", "partly", "no"} else ""
    facts = replace(facts, downloaded=place, revision=commit or facts.revision, page=page)
    if folder is None or place == "partly" or not (closely or place == "builtin"):
        return facts
    stored = read_stored_model(folder)
    sized = preset or Preset(title=rest)
    if stored.parameters is not None:
        sized = sized.model_copy(update={"parameters_b": stored.parameters / 1e9})
    family = known_families().get(stored.family)
    packages = () if family is None else family.packages
    return replace(
        facts,
        family=stored.family,
        known_family=family is not None,
        parameters=stored.parameters or facts.parameters,
        counted=stored.parameters is not None,
        memory_gb=memory_at(sized, machine),
        fits=fit(sized, machine),
        license=stored.license or facts.license,
        bytes_on_disk=stored.bytes_on_disk,
        context_length=stored.context_length or facts.context_length,
        chat_template=stored.chat_template,
        missing_packages=tuple(
            dict.fromkeys(
                [*facts.missing_packages, *(name for name in packages if find_spec(name) is None)]
            )
        ),
    )


def _with_model(facts: ModelFacts, provider: str) -> ModelFacts:
    options = options_of(provider)
    if facts.downloaded in {"no", "partly"}:
        return replace(facts, options=options)
    try:
        model = get_model(facts.name, **facts.preset_options)
    except MllmsentError as error:
        return replace(facts, options=options, not_here=str(error))
    return replace(facts, options=options, capabilities=model.capabilities)
