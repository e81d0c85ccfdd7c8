"""What is handed in as a batch: every request once, in order, and no more than a provider takes."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.loopback.samples import jpeg
from tests.models.samples import image_ref, request
from tests.runs.batch_samples import PROVIDERS, address

from mllmsent.loopback import ConstantAnswerer, serve
from mllmsent.models import Request, Settings, get_model
from mllmsent.models.batches import Batches, BatchState, BatchTroubleError, Written, batches_of
from mllmsent.models.served.model import ServedModel


def model_of(provider: str, **options: Any) -> ServedModel:
    model = get_model(f"{provider}/tester", **({"base_url": "http://127.0.0.1:9/v1"} | options))
    assert isinstance(model, ServedModel)
    return model


def limited(model: ServedModel, form: dict[str, int]) -> ServedModel:
    """The model, as if its provider took less at once."""
    connect = model.connect

    def smaller(endpoint: Any) -> Any:
        link: Any = connect(endpoint)
        link.batches = replace(link.batches, form=replace(link.batches.form, **form))
        return link

    model.connect = smaller
    return model


def batches(model: ServedModel) -> Batches:
    found = batches_of(model)
    assert found is not None
    return found


def write_all(model: ServedModel, asked: dict[str, Request]) -> list[tuple[bytes, Written]]:
    """Every file that it takes, as whoever hands in writes one after the other."""

    async def go() -> list[tuple[bytes, Written]]:
        files, left = [], dict(asked)
        with TemporaryDirectory() as folder:
            file = Path(folder) / "batch"
            while left:
                written = await batches(model).write(left.items(), file)
                files.append((file.read_bytes(), written))
                done = {*written.sent, *written.unsendable}
                assert done, "it comes to an end"
                left = {name: one for name, one in left.items() if name not in done}
        await model.aclose()
        return files

    return asyncio.run(go())


def names_in(provider: str, data: bytes) -> list[str]:
    if provider == "anthropic":
        return [one["custom_id"] for one in json.loads(data)["requests"]]
    name = "key" if provider == "google" else "custom_id"
    return [json.loads(line)[name] for line in data.splitlines()]


@pytest.mark.parametrize("provider", PROVIDERS)
@settings(deadline=None, max_examples=10)
@given(
    texts=st.lists(st.text(max_size=300), min_size=1, max_size=25),
    most_requests=st.integers(1, 10),
    most_bytes=st.integers(450, 3000),
)
def test_every_request_is_in_one_file_and_no_file_is_larger_than_it_may_be(
    provider: str, texts: list[str], most_requests: int, most_bytes: int
) -> None:
    asked = {f"n{number}": request(text) for number, text in enumerate(texts)}
    form = {"most_requests": most_requests, "most_bytes": most_bytes}
    files = write_all(limited(model_of(provider), form), asked)
    sent = [name for _, written in files for name in written.sent]
    lost = {name for _, written in files for name in written.unsendable}
    assert sent == [name for name in asked if name not in lost]
    for data, written in files:
        if written.sent:
            assert names_in(provider, data) == list(written.sent)
            assert len(data) <= most_bytes
            assert len(written.sent) <= most_requests
    # Only what is too large for a batch of its own is in none.
    alone = limited(model_of(provider), {"most_bytes": most_bytes})
    too_large = [written for _, written in write_all(alone, {name: asked[name] for name in lost})]
    assert all(not written.sent for written in too_large)
    assert all("too large" in one.error for each in too_large for one in each.unsendable.values())


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_file_is_as_full_as_it_may_be(provider: str) -> None:
    asked = {f"n{number}": request("x" * 100) for number in range(10)}
    ((whole, _),) = write_all(model_of(provider), asked)
    form = {"most_bytes": len(whole)}
    assert len(write_all(limited(model_of(provider), form), asked)) == 1
    form = {"most_bytes": len(whole) - 1}
    files = write_all(limited(model_of(provider), form), asked)
    assert [len(written.sent) for _, written in files] == [9, 1]


@pytest.mark.parametrize("provider", PROVIDERS)
def test_images_are_fitted_and_told_of_as_in_live_asking(provider: str, tmp_path: Path) -> None:
    large = image_ref(tmp_path, "large.jpg", jpeg(size=(640, 480)), size=(640, 480))
    gone = image_ref(tmp_path, "gone.jpg")
    gone.path.unlink()
    asked = {"large": request("x", large), "gone": request("x", gone), "none": request("x")}
    ((data, written),) = write_all(model_of(provider, max_image_side=64), asked)
    assert names_in(provider, data) == ["large", "none"]
    (sha256,) = written.sent["large"].sha256
    assert sha256 != large.sha256
    assert "64" in written.sent["large"].note
    assert written.sent["none"].sha256 == ()
    assert written.unsendable["gone"].error.startswith("image: ")


def test_a_request_that_cannot_be_made_costs_no_other() -> None:
    unwritable = replace(request("b"), settings=Settings(reasoning_effort=object()))  # type: ignore[arg-type]  # as a plug-in may
    asked = {"a": request("a"), "b": unwritable, "c": request("c")}
    ((data, written),) = write_all(model_of("openai"), asked)
    assert names_in("openai", data) == ["a", "c"]
    assert written.unsendable["b"].error.startswith("the request could not be made: TypeError")


@pytest.mark.parametrize("provider", PROVIDERS)
def test_why_a_batch_was_refused_is_told_without_the_key(
    provider: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = "planted-0123456789abcdef"
    monkeypatch.setenv("PLANTED", key)
    model = model_of(provider, api_key_env="PLANTED")
    connect = model.connect

    class Refusing:
        async def look(self, batch: str) -> BatchState:
            return BatchState(batch, "refused", 1, error=f"{key} may not hand in batches")

    def refusing(endpoint: Any) -> Any:
        link: Any = connect(endpoint)
        link.batches = Refusing()
        return link

    model.connect = refusing

    async def go() -> BatchState:
        try:
            return await batches(model).look("x")
        finally:
            await model.aclose()

    state = asyncio.run(go())
    assert key not in state.error
    assert state.error.endswith("may not hand in batches")


@pytest.mark.parametrize("provider", PROVIDERS)
def test_without_a_key_nothing_is_handed_in(
    provider: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("ABSENT", raising=False)
    with pytest.raises(BatchTroubleError, match="no key: the environment variable ABSENT") as told:
        write_all(model_of(provider, api_key_env="ABSENT"), {"a": request("x")})
    assert told.value.hopeless


@pytest.mark.parametrize("provider", PROVIDERS)
def test_what_the_server_says_is_told_without_the_key(
    provider: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PLANTED", "sk-planted-0123456789abcdef")
    with serve(ConstantAnswerer(), api_key="another") as server:
        model = model_of(provider, base_url=address(server, provider), api_key_env="PLANTED")

        async def go() -> None:
            try:
                await batches(model).look("batches/x")
            finally:
                await model.aclose()

        with pytest.raises(BatchTroubleError, match="Check the key in PLANTED") as told:
            asyncio.run(go())
    assert "planted-0123" not in repr(told.value)
    assert not told.value.passes


@pytest.mark.parametrize("name", ["vllm/m", "ollama/m", "openrouter/m", "simulated/keen"])
def test_who_has_no_batch_endpoint_offers_none(name: str) -> None:
    assert batches_of(get_model(name)) is None
