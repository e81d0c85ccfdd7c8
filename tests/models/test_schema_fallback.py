"""Servers that reject schemas are asked on without, and it is told."""

import asyncio

import pytest
from tests.models.samples import LABEL_SCHEMA, ask, one, request

from mllmsent.loopback import ConstantAnswerer, Faults, serve
from mllmsent.models import Response, get_model

OTHER = LABEL_SCHEMA | {"properties": {"label": {"type": "string", "enum": ["neutral"]}}}


def schemas(server: object) -> list[bool]:
    """Which requests had a schema, in order."""
    entries = server.log.entries  # type: ignore[attr-defined] # a loopback server
    return ["response_format" in entry.parameters for entry in entries]


def test_a_rejected_schema_is_left_out_and_the_answer_says_so() -> None:
    with serve(ConstantAnswerer("neutral"), faults=Faults(rejected_schema=1.0)) as server:
        (response,) = ask(server, request("x", answer_schema=LABEL_SCHEMA))
        assert schemas(server) == [True, False]
    assert (response.status, response.text) == ("ok", "neutral")
    assert response.schema_rejected
    assert response.is_json is None, "nothing was asked of it"


def test_once_rejected_it_is_not_sent_again_and_another_is_tried() -> None:
    async def go(url: str) -> list[Response]:
        model = get_model("vllm/m", base_url=url)
        given = [
            (await model.answer([request(text, answer_schema=schema)]))[0]
            for text, schema in (
                ("one", LABEL_SCHEMA), ("two", LABEL_SCHEMA), ("three", OTHER), ("four", None),
            )
        ]  # fmt: skip
        await model.aclose()
        return given

    with serve(ConstantAnswerer("neutral"), faults=Faults(rejected_schema=1.0)) as server:
        responses = asyncio.run(go(server.url))
        assert schemas(server) == [True, False, False, True, False, False]
    assert [response.schema_rejected for response in responses] == [True, True, True, False]


@pytest.mark.parametrize(
    ("name", "options"),
    [("openai/m", {}), ("openai/m", {"api": "responses"}), ("anthropic/m", {}), ("google/m", {})],
)
def test_every_protocol_asks_on(name: str, options: dict[str, str]) -> None:
    with serve(ConstantAnswerer("neutral"), faults=Faults(rejected_schema=1.0)) as server:
        response = one(server, request("x", answer_schema=LABEL_SCHEMA), name=name, **options)
    assert (response.status, response.text, response.schema_rejected) == ("ok", "neutral", True)


def test_another_fault_is_no_reason_to_leave_the_schema_out() -> None:
    with serve(ConstantAnswerer(), faults=Faults(forbidden=1.0)) as server:
        (response,) = ask(server, request("x", answer_schema=LABEL_SCHEMA))
        assert schemas(server) == [True]
    assert (response.status, response.schema_rejected) == ("failed", False)


def test_where_schemas_are_kept_from_a_server_nothing_is_said_of_one() -> None:
    with serve(ConstantAnswerer("neutral")) as server:
        question = request("x", answer_schema=LABEL_SCHEMA)
        (response,) = ask(server, question, structured_answers=False)
        assert schemas(server) == [False]
    assert response.is_json is None
    assert not response.schema_rejected
