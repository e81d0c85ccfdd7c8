"""A built-in model behind `transformers serve`, asked over the OpenAI protocol, answers alike."""

import asyncio
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from mllmsent.affect import get_scheme
from mllmsent.data import load_dataset
from mllmsent.dioramas import make_dioramas
from mllmsent.models import Model, Request, Settings, get_model
from mllmsent.models.local.model import LocalModel
from mllmsent.prompts import get_strategy, render

NAME = "diorama-tiny"
DEADLINE_S = 120


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a server of transformers' own; it serves one folder, on this machine only."""
    pytest.importorskip("fastapi", reason="`transformers serve` needs it")
    model = get_model(f"builtin/{NAME}")
    assert isinstance(model, LocalModel)
    place = tmp_path_factory.mktemp("served")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        str(Path(sys.executable).with_name("transformers")),
        *("serve", str(model.checkpoint.folder), "--host", "127.0.0.1", "--port", str(port)),
        *("--device", "cpu", "--dtype", "float32"),
    ]
    log = place / "log.txt"
    with log.open("w") as out:
        process = subprocess.Popen(
            command,
            stdout=out,
            stderr=subprocess.STDOUT,
            env=os.environ | {"HF_HUB_OFFLINE": "1", "HF_HUB_CACHE": str(place)},
        )
    try:
        _wait(f"http://127.0.0.1:{port}/health", process, log)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + DEADLINE_S
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(address, timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.3)
    raise AssertionError(f"The server did not start: {log.read_text()[-2000:]}")


@pytest.mark.slow
def test_the_served_model_gives_the_same_greedy_answers(server: str, tmp_path: Path) -> None:
    requests = list(_requests(tmp_path))
    local = get_model(f"builtin/{NAME}")
    assert isinstance(local, LocalModel)
    # The server answers to the name that it was started with, and no other.
    served = get_model(f"openai/{local.checkpoint.folder}", base_url=server, api_key_env=None)
    here = asyncio.run(_answers(local, requests))
    there = asyncio.run(_answers(served, requests))
    assert there == here
    assert len(set(here)) > 5


def _requests(folder: Path) -> Iterator[Request]:
    dataset = load_dataset(make_dioramas(folder / "dioramas", n=4, seed=91, size=192))
    settings = Settings(temperature=0.0, max_tokens=160)
    asked = [("zero-shot", "polarity3"), ("zero-shot", "valence-arousal"), ("describe", None)]
    for item in dataset.items["item_id"]:
        image = dataset.image(item)
        assert image is not None
        for strategy, scheme in asked:
            messages = render(
                get_strategy(strategy),
                None if scheme is None else get_scheme(scheme),
                image,
                emotion_target="evoked",
            )
            yield Request(messages, settings)


async def _answers(model: Model, requests: Sequence[Request]) -> list[str]:
    size = model.capabilities.max_batch_size
    texts: list[str] = []
    try:
        for start in range(0, len(requests), size):
            for response in await model.answer(requests[start : start + size]):
                assert response.status == "ok", response.error
                texts.append(response.text.strip())
    finally:
        await model.aclose()
    return texts
