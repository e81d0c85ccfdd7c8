"""A hub on this machine: the few addresses that `huggingface_hub` asks, over folders of files."""

import contextlib
import hashlib
import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

__all__ = ["COMMIT", "Hub", "serve_hub", "use_hub"]

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class Hub:
    """What the server has, and what it was asked.

    Attributes:
        repos: OWNER/NAME to the folder of its files.
        gated: Repositories of which only the metadata may be read.
        status: What every request is answered with, where it is not 200: a hub that is down.
        asked: Method and path of each request.
        url: Where it is, while it is up.
    """

    repos: dict[str, Path] = field(default_factory=dict)
    gated: set[str] = field(default_factory=set)
    status: int = 200
    asked: list[str] = field(default_factory=list)
    url: str = ""


@contextlib.contextmanager
def serve_hub(hub: Hub) -> Iterator[Hub]:
    """While inside, the hub is up at `hub.url`."""

    class Handler(_Handler):
        pass

    Handler.hub = hub
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def use_hub(monkeypatch: pytest.MonkeyPatch, url: str, cache: Path) -> None:
    """Have `huggingface_hub` ask this address and keep what it fetches in this folder."""
    from huggingface_hub import constants  # noqa: PLC0415 - reads the environment when imported

    template = url + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "ENDPOINT", url)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(cache))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)


class _Handler(BaseHTTPRequestHandler):
    hub: Hub
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def _answer(self) -> None:
        path = self.path.partition("?")[0]
        self.hub.asked.append(f"{self.command} {path}")
        if self.hub.status != 200:
            self._send(self.hub.status)
            return
        match = re.fullmatch(r"/(api/models/)?([^/]+/[^/]+)(?:/(.*))?", path)
        repo = match[2] if match else ""
        if match is None or repo not in self.hub.repos:
            self._send(404, error="RepoNotFound")
            return
        rest = match[3] or ""
        verb, _, tail = rest.partition("/")
        if (verb in {"resolve", "auth-check"}) and repo in self.hub.gated:
            self._send(403, error="GatedRepo")
        elif verb in {"revision", "tree", "resolve"} and tail.split("/")[0] not in {"main", COMMIT}:
            self._send(404, error="RevisionNotFound")
        elif verb in {"", "revision"}:
            self._send_json(self._info(repo))
        elif verb == "auth-check":
            self._send_json({})
        elif verb == "tree":
            self._send_json([self._entry(path) for path in self._files(repo)])
        else:
            self._send_file(self.hub.repos[repo] / tail.partition("/")[2])

    def _files(self, repo: str) -> list[Path]:
        return sorted(path for path in self.hub.repos[repo].iterdir() if path.is_file())

    def _info(self, repo: str) -> dict[str, Any]:
        return {
            "id": repo,
            "modelId": repo,
            "sha": COMMIT,
            "private": False,
            "gated": "manual" if repo in self.hub.gated else False,
            "disabled": False,
            "tags": [],
            "downloads": 0,
            "likes": 0,
            "siblings": [{"rfilename": path.name} for path in self._files(repo)],
        }

    def _entry(self, path: Path) -> dict[str, Any]:
        size = path.stat().st_size
        entry = {"type": "file", "path": path.name, "size": size, "oid": _git_oid(path)}
        if path.suffix == ".safetensors":
            entry["lfs"] = {"oid": _sha256(path), "size": size, "pointerSize": 134}
        return entry

    def _send_file(self, path: Path) -> None:
        if not path.is_file():
            self._send(404, error="EntryNotFound")
            return
        large = path.suffix == ".safetensors"
        tag = _sha256(path) if large else _git_oid(path)
        self._send(200, path.read_bytes(), headers={"ETag": f'"{tag}"', "X-Repo-Commit": COMMIT})

    def _send_json(self, value: Any) -> None:
        self._send(200, json.dumps(value).encode(), headers={"Content-Type": "application/json"})

    def _send(
        self,
        status: int,
        body: bytes = b"",
        *,
        error: str = "",
        headers: dict[str, str] | None = None,
    ) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if error:
            self.send_header("X-Error-Code", error)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _git_oid(path: Path) -> str:
    data = path.read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
