"""A hub on this machine, whose line breaks when it is told to.

It speaks the addresses of the Hugging Face hub that `huggingface_hub` asks when it downloads: what a
repository is, what files it has, and their bytes, from the middle as well.
"""

import hashlib
import json
import os
import re
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import unquote, urlsplit

import pytest
from tests.models.hub_cache import COMMIT

__all__ = ["HubServer", "Repository", "hub_environment", "serve_hub", "use_hub"]

_CHUNK = 4096


@dataclass
class Repository:
    """A model on the hub.

    Attributes:
        files: Path to bytes.
        gated: Whether files are for those with a token only.
    """

    files: dict[str, bytes]
    gated: bool = False

    @classmethod
    def of(cls, folder: Path, *, gated: bool = False) -> Self:
        """The files of a folder."""
        files = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
        return cls(files, gated)


@dataclass
class HubServer:
    """What the hub has, and what it was asked.

    Attributes:
        repos: OWNER/NAME to repository.
        refs: Names of revisions, besides the commit itself.
        break_after: Bytes of a weight file after which the line is cut, once for each entry.
        lost: Files that it lists and cannot find.
        status: What everything is answered with, where it is not 200.
        pause_s: Seconds between pieces of a file.
        asked: Method and path of each request.
        sent: Path to the bytes that went over the line.
        asked_from: First bytes that were asked for, path by path.
        authorizations: Tokens that came with questions.
    """

    repos: dict[str, Repository]
    refs: tuple[str, ...] = ("main",)
    break_after: list[int] = field(default_factory=list)
    lost: set[str] = field(default_factory=set)
    status: int = 200
    pause_s: float = 0.0
    asked: list[str] = field(default_factory=list)
    sent: Counter[str] = field(default_factory=Counter)
    asked_from: list[tuple[str, int]] = field(default_factory=list)
    authorizations: set[str] = field(default_factory=set)
    url: str = ""

    @property
    def repo(self) -> Repository:
        """The first it has, and for many tests the only one."""
        return next(iter(self.repos.values()))


@contextmanager
def serve_hub(hub: HubServer) -> Iterator[HubServer]:
    """While inside, the hub is up at `hub.url`."""
    handler = type("Handler", (_Handler,), {"hub": hub})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def hub_environment(url: str, home: Path, **others: str) -> dict[str, str]:
    """What a program's environment must say for it to ask this hub, and keep files there."""
    told = {key: value for key, value in os.environ.items() if not key.startswith("HF_")}
    return told | {"HF_ENDPOINT": url, "HF_HOME": str(home), "NO_PROXY": "127.0.0.1"} | others


def use_hub(monkeypatch: pytest.MonkeyPatch, url: str, cache: Path) -> None:
    """Have `huggingface_hub` in this process ask this address and keep files in this folder."""
    from huggingface_hub import constants  # noqa: PLC0415 - reads the environment when imported

    template = url + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "ENDPOINT", url)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(cache))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)


class _Handler(BaseHTTPRequestHandler):
    hub: HubServer
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def _answer(self) -> None:
        hub = self.hub
        token = self.headers.get("Authorization", "")
        hub.authorizations |= {token} - {""}
        path = unquote(urlsplit(self.path).path)
        hub.asked.append(f"{self.command} {path}")
        found = re.fullmatch(r"/(api/models/)?([^/]+/[^/]+)(?:/([\w-]+)(?:/(.*))?)?", path)
        repo = hub.repos.get(found[2]) if found else None
        if hub.status != 200:
            self._say(hub.status)
        elif found is None or repo is None:
            self._say(404, error="RepoNotFound")
        elif found[1]:
            self._describe(found[2], found[3] or "revision", found[4] or "main", token)
        elif repo.gated and not token:
            self._say(403, error="GatedRepo")
        else:
            revision, name = self._split(found[4] or "")
            if revision is None:
                self._say(404, error="RevisionNotFound")
            elif name in hub.lost and self.command == "GET":
                self._say(503)
            elif name not in repo.files:
                self._say(404, error="EntryNotFound")
            else:
                self._send(name, repo.files[name])

    def _describe(self, name: str, verb: str, rest: str, token: str) -> None:
        repo = self.hub.repos[name]
        if verb == "auth-check":
            allowed = token or not repo.gated
            self._say(200 if allowed else 403, error="" if allowed else "GatedRepo")
        elif self._split(rest + "/")[0] is None:
            self._say(404, error="RevisionNotFound")
        elif verb == "tree":
            self._tell([_entry(path, data) for path, data in repo.files.items()])
        else:
            siblings = [
                {"rfilename": path, "size": len(data), "blobId": _git_id(data)}
                for path, data in repo.files.items()
            ]
            gated = "manual" if repo.gated else False
            self._tell({"id": name, "sha": COMMIT, "gated": gated, "siblings": siblings})

    def _split(self, rest: str) -> tuple[str | None, str]:
        """A revision, which may have slashes, and what follows it."""
        for revision in (COMMIT, *self.hub.refs):
            if rest.startswith(f"{revision}/"):
                return revision, rest.removeprefix(f"{revision}/")
        return None, rest

    def _send(self, name: str, data: bytes) -> None:
        hub = self.hub
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        start = int(asked[1]) if asked else 0
        self.send_response(206 if asked else 200)
        self.send_header("ETag", f'"{_tag(name, data)}"')
        self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Length", str(len(data) - start))
        if asked:
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        self.end_headers()
        if self.command == "HEAD":
            return
        hub.asked_from.append((name, start))
        end = len(data)
        if name.endswith(".safetensors") and hub.break_after:
            end = min(end, start + hub.break_after.pop(0))
        for place in range(start, end, _CHUNK):
            piece = data[place : min(place + _CHUNK, end)]
            try:
                self.wfile.write(piece)
            except ConnectionError:  # the reader has hung up
                break
            hub.sent[name] += len(piece)
            time.sleep(hub.pause_s)
        if end < len(data):
            self.close_connection = True

    def _tell(self, value: Any) -> None:
        self._say(200, json.dumps(value).encode(), {"Content-Type": "application/json"})

    def _say(
        self, status: int, body: bytes = b"", headers: Mapping[str, str] = {}, *, error: str = ""
    ) -> None:
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key, value)
        if error:
            self.send_header("X-Error-Code", error)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def _entry(name: str, data: bytes) -> dict[str, Any]:
    entry = {"type": "file", "path": name, "size": len(data), "oid": _git_id(data)}
    if name.endswith(".safetensors"):
        entry["lfs"] = {"oid": _tag(name, data), "size": len(data), "pointerSize": 134}
    return entry


def _tag(name: str, data: bytes) -> str:
    large = name.endswith(".safetensors")
    return hashlib.sha256(data).hexdigest() if large else _git_id(data)


def _git_id(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
