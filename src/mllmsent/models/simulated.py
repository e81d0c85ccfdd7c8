"""Simulated models: a server on this machine that answers from the dioramas' known truth.

`simulated/keen` starts a loopback server that speaks the OpenAI chat protocol and asks it through
the same adapter that asks any server, so that a study can be tried offline from end to end. What
answers is a program that looks up what was drawn and then errs as its profile says: it exists to
exercise the framework, and says nothing about any real model.
"""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mllmsent.foundation.config import Config, Document, read_config
from mllmsent.foundation.errors import InputError, nearest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mllmsent.models.interface import Capabilities, Model, Request, Response

__all__ = ["SimulatedModel", "make_simulated"]


class SimulatedOptions(Config):
    """What `simulated/NAME` takes."""

    folder: str | None = None
    """Folder of the dioramas whose truth it knows; a study fills in its own dataset's."""


class SimulatedModel:
    """A simulated model behind a loopback server, started when it is first asked.

    Args:
        profile: Which simulated model: keen, hasty, gloomy, ...
        folder: Folder of the dioramas whose truth it knows; None if it knows none.
    """

    def __init__(self, profile: str, folder: Path | None) -> None:
        self._profile = profile
        self._folder = folder
        self._stack = ExitStack()
        self._inner: Model | None = None

    @property
    def name(self) -> str:
        """As studies and tables call it."""
        return f"simulated/{self._profile}"

    @property
    def identity(self) -> Mapping[str, Any]:
        """Its profile and the version of the simulation; the server's port is no part of it."""
        from mllmsent.dioramas import SIMULATION_VERSION  # noqa: PLC0415 - draws on numpy

        return {"name": self.name, "revision": SIMULATION_VERSION}

    @property
    def capabilities(self) -> Capabilities:
        """Those of a chat server that heeds answer schemas."""
        from mllmsent.models.interface import Capabilities  # noqa: PLC0415 - likewise

        return Capabilities(max_in_flight=8, images_per_request=64, structured_answers=True)

    async def answer(self, requests: Sequence[Request]) -> Sequence[Response]:
        """Ask the server; see `Model.answer`."""
        if self._inner is None:
            self._inner = self._start()
        return await self._inner.answer(requests)

    async def aclose(self) -> None:
        """Stop the server."""
        if self._inner is not None:
            await self._inner.aclose()
            self._inner = None
        self._stack.close()

    def _start(self) -> Model:
        from mllmsent.dioramas import DioramaAnswerer  # noqa: PLC0415 - only when it is asked
        from mllmsent.loopback import serve  # noqa: PLC0415 - likewise
        from mllmsent.models.registry import get_model  # noqa: PLC0415 - the registry knows us

        server = self._stack.enter_context(serve(DioramaAnswerer(self._folder)))
        return get_model(f"openai/{self._profile}", base_url=server.url, api_key_env=None)


def make_simulated(name: str, options: Mapping[str, Any]) -> SimulatedModel:
    """A program that answers about dioramas from their known truth, with planted faults.

    Raises:
        InputError: If there is none of that name, or an option is unknown.
    """
    from mllmsent.dioramas import profile_names  # noqa: PLC0415 - brings the sample dataset

    if name not in profile_names():
        raise InputError(
            f"No simulated model is called {name!r}.", cure=nearest(name, profile_names())
        )
    read = read_config(SimulatedOptions, Document(dict(options), f"simulated/{name}", {}))
    return SimulatedModel(name, None if read.folder is None else Path(read.folder))
