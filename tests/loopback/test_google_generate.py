"""Google's protocol as its unmodified official SDK meets it."""

import base64
import hashlib
import json
from typing import Any

import httpx2
import pytest
from google import genai
from google.genai import errors, types
from tests.loopback.samples import jpeg
from tests.loopback.test_server import Echo, Thinker

from mllmsent.loopback import ConstantAnswerer, Faults, LoopbackServer, serve

SCHEMA = {
    "type": "object",
    "properties": {"label": {"type": "string", "enum": ["negative", "positive"]}},
    "required": ["label"],
}
RPC = "type.googleapis.com/google.rpc."


def client(
    server: LoopbackServer, api_key: str = "none", timeout_s: int | None = None
) -> genai.Client:
    timeout = None if timeout_s is None else 1000 * timeout_s
    options = types.HttpOptions(base_url=server.google_url, timeout=timeout)
    return genai.Client(api_key=api_key, http_options=options)


def picture(data: bytes = jpeg()) -> types.Part:
    return types.Part.from_bytes(data=data, mime_type="image/jpeg")


def ask(
    server: LoopbackServer, contents: Any = None, **config: Any
) -> types.GenerateContentResponse:
    """Ask with the SDK, whose types take no member that they do not know."""
    with client(server) as sdk:
        return sdk.models.generate_content(
            model="m",
            contents=contents or [picture(), "Which sentiment?"],
            config=types.GenerateContentConfig(**config),
        )


def post(server: LoopbackServer, body: Any) -> httpx2.Response:
    url = f"{server.google_url}/v1beta/models/m:generateContent"
    return httpx2.post(url, json=body, headers={"x-goog-api-key": "none"})


def test_an_answer_satisfies_the_sdks_own_type() -> None:
    with serve(ConstantAnswerer("positive")) as server:
        response = ask(server, system_instruction="You judge.", temperature=0, seed=3)
        (entry,) = server.log.entries
        body = {"contents": [{"role": "user", "parts": [{"text": "x"}]}]}
        payload = post(server, body).json()
    assert response.text == "positive"
    assert response.candidates is not None
    assert response.candidates[0].finish_reason == types.FinishReason.STOP
    assert response.model_version == "m"
    assert entry.protocol == "google-generate"
    assert entry.text == "You judge.\n\nWhich sentiment?"
    assert entry.parameters == {"generationConfig": {"temperature": 0, "seed": 3}}
    parsed = types.GenerateContentResponse.model_validate_json(json.dumps(payload), strict=True)
    assert json.loads(parsed.model_dump_json(by_alias=True, exclude_none=True)) == payload


def test_the_answerer_is_given_what_was_asked() -> None:
    contents = [
        types.Content(role="user", parts=[picture(jpeg((9, 9, 9))), types.Part(text="This?")]),
        types.Content(role="model", parts=[types.Part(text="negative")]),
        types.Content(role="user", parts=[picture(), types.Part(text="And this?")]),
    ]
    told: dict[str, Any] = {"response_mime_type": "application/json", "seed": 7}
    with serve(Echo()) as server:
        plain = ask(server, contents, response_json_schema=SCHEMA, **told)
        own = ask(server, contents, response_schema=SCHEMA, **told)
    for response in (plain, own):
        heard = json.loads(response.text or "")
        assert heard["text"] == "This?\n\nnegative\n\nAnd this?"
        assert heard["images"] == [
            hashlib.sha256(data).hexdigest() for data in (jpeg((9, 9, 9)), jpeg())
        ]
        assert (heard["model"], heard["seed"]) == ("m", 7)
        # Of Google's own schemas, types come in capitals; the answerer is spared that.
        assert heard["schema"] == SCHEMA


def test_thoughts_are_parts_of_their_own_where_they_are_asked_for() -> None:
    with serve(Thinker()) as server:
        shown = ask(server, thinking_config=types.ThinkingConfig(include_thoughts=True))
        hidden = ask(server, thinking_config=types.ThinkingConfig(thinking_budget=512))
    thought, said = (shown.parts or [])[0], (shown.parts or [])[1]
    assert thought.thought
    assert (thought.text or "").startswith("The sun shines.")
    assert said.text == shown.text == hidden.text == "positive, I think"
    assert len(hidden.parts or []) == 1
    for response in (shown, hidden):
        assert response.usage_metadata is not None
        assert response.usage_metadata.thoughts_token_count == 40
        assert response.usage_metadata.candidates_token_count == 5


def test_log_probabilities_come_beside_the_answer() -> None:
    with serve(Thinker()) as server:
        response = ask(server, response_logprobs=True, logprobs=5)
    assert response.candidates is not None
    result = response.candidates[0].logprobs_result
    assert result is not None
    assert result.top_candidates is not None
    first = result.top_candidates[0].candidates or []
    assert [(one.token, round(one.log_probability or 0, 3)) for one in first] == [
        ("posi", -0.288),
        ("neut", -1.386),
    ]
    chosen = result.chosen_candidates or []
    assert "".join(one.token or "" for one in chosen) == "positive, I think"


def test_an_answer_longer_than_allowed_says_so() -> None:
    with serve(ConstantAnswerer("word " * 50)) as server:
        response = ask(server, max_output_tokens=5)
    assert response.candidates is not None
    assert response.candidates[0].finish_reason == types.FinishReason.MAX_TOKENS
    assert response.text == "word " * 4


@pytest.mark.parametrize(
    ("size", "tokens"),
    # A small image, and the worked example of the documentation: six tiles.
    [((384, 384), 258), ((960, 540), 6 * 258), ((768, 768), 4 * 258)],
)
def test_images_cost_258_tokens_a_tile(size: tuple[int, int], tokens: int) -> None:
    with serve(ConstantAnswerer()) as server, client(server) as sdk:
        counts = [
            sdk.models.count_tokens(model="m", contents=[*parts, "Which?"]).total_tokens or 0
            for parts in ((), (picture(jpeg(size=size)),))
        ]
        assert len(server.log) == 0
    assert counts[1] - counts[0] == tokens


def test_usage_adds_up() -> None:
    with serve(Thinker(), cached_share=0.5) as server:
        usage = ask(server).usage_metadata
    assert usage is not None
    parts = (usage.prompt_token_count, usage.candidates_token_count, usage.thoughts_token_count)
    assert usage.total_token_count == sum(count or 0 for count in parts)
    details = usage.prompt_tokens_details or []
    assert sum(one.token_count or 0 for one in details) == usage.prompt_token_count
    assert usage.cached_content_token_count == (usage.prompt_token_count or 0) // 2


def test_models_are_listed_and_described() -> None:
    with serve(ConstantAnswerer(), models=["gemini-a", "gemini-b"]) as server:
        with client(server) as sdk:
            listed = [model.name for model in sdk.models.list()]
            assert listed == ["models/gemini-a", "models/gemini-b"]
            assert "generateContent" in (sdk.models.get(model="gemini-b").supported_actions or [])
            with pytest.raises(errors.ClientError) as caught:
                sdk.models.get(model="gemini-c")
        with pytest.raises(errors.ClientError, match="models/m is not found"):
            ask(server)
    assert caught.value.code == 404


def test_a_caller_without_the_key_is_turned_away() -> None:
    with serve(ConstantAnswerer(), api_key="right") as server:
        with client(server, "wrong") as sdk, pytest.raises(errors.ClientError) as caught:
            list(sdk.models.list())
        with client(server, "right") as sdk:
            assert list(sdk.models.list())
    assert caught.value.code == 400
    assert caught.value.details["error"]["details"][0]["reason"] == "API_KEY_INVALID"


def test_a_deadline_under_ten_seconds_is_not_taken() -> None:
    with serve(ConstantAnswerer()) as server, client(server, timeout_s=9) as sdk:
        with pytest.raises(errors.ClientError, match="Minimum allowed deadline is 10s"):
            sdk.models.generate_content(model="m", contents="x")
        assert not server.log.entries


def test_a_request_may_weigh_a_hundred_megabytes() -> None:
    with serve(ConstantAnswerer()) as server:
        response = post(server, {"contents": "x" * (100 * 2**20)})
    assert response.status_code == 400
    assert "exceeds the limit: 104857600 bytes" in response.json()["error"]["message"]


ERRORS = {
    "rate_limit": (429, "RESOURCE_EXHAUSTED", ["QuotaFailure", "Help", "RetryInfo"]),
    "daily_limit": (429, "RESOURCE_EXHAUSTED", ["QuotaFailure", "Help", "RetryInfo"]),
    "no_quota": (429, "RESOURCE_EXHAUSTED", ["Help"]),
    "overloaded": (503, "UNAVAILABLE", []),
    "server_error": (500, "INTERNAL", []),
    "unauthorized": (400, "INVALID_ARGUMENT", ["ErrorInfo"]),
    "forbidden": (403, "PERMISSION_DENIED", []),
    "unknown_model": (404, "NOT_FOUND", []),
    "image_too_large": (400, "INVALID_ARGUMENT", []),
}


@pytest.mark.parametrize("kind", ERRORS)
def test_a_fault_with_a_status_is_worded_as_google_words_it(kind: str) -> None:
    faults = Faults.from_mapping({kind: 1.0, "error_statuses": (500,), "retry_after_s": 7})
    with (
        serve(ConstantAnswerer(), faults=faults) as server,
        pytest.raises(errors.APIError) as caught,
    ):
        ask(server)
    code, status, details = ERRORS[kind]
    assert (caught.value.code, caught.value.status) == (code, status)
    error = caught.value.details["error"]
    assert [one["@type"] for one in error.get("details", [])] == [RPC + name for name in details]
    assert "retry-after" not in caught.value.response.headers
    if kind == "rate_limit":
        assert error["details"][2]["retryDelay"] == "7s"
    if "QuotaFailure" in details:
        (violation,) = error["details"][0]["violations"]
        assert ("Day" if kind == "daily_limit" else "Minute") in violation["quotaId"]


def test_what_a_filter_stops_has_no_candidates_and_says_why() -> None:
    with serve(ConstantAnswerer(), faults=Faults(content_filter=1.0)) as server:
        response = ask(server)
    assert response.candidates is None
    assert response.prompt_feedback is not None
    assert response.prompt_feedback.block_reason == types.BlockedReason.PROHIBITED_CONTENT


def test_what_a_model_declines_ends_for_safety() -> None:
    with serve(ConstantAnswerer(), faults=Faults(refusal=1.0)) as server:
        response = ask(server)
    assert response.text is None
    assert response.candidates is not None
    assert response.candidates[0].finish_reason == types.FinishReason.SAFETY


@pytest.mark.parametrize("kind", ["no_choices", "null_content"])
def test_content_can_be_missing(kind: str) -> None:
    with serve(ConstantAnswerer(), faults=Faults.from_mapping({kind: 1.0})) as server:
        response = ask(server)
    assert response.text is None
    assert bool(response.candidates) is (kind == "null_content")


ENCODED = base64.b64encode(jpeg()).decode()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"contents": []}, "contents is not specified"),
        ({"contents": [{"role": "king", "parts": [{"text": "x"}]}]}, "valid role"),
        ({"contents": [{"parts": []}]}, "parts must not be empty"),
        ({"contents": [{"parts": [{"smell": "x"}]}]}, "oneof field"),
        (
            {"contents": [{"parts": [{"inlineData": {"mimeType": "image/png", "data": "eA"}}]}]},
            "Unable to process input image",
        ),
        (
            {"contents": [{"parts": [{"inline_data": {"mime_type": "x", "data": ENCODED}}]}]},
            "Unsupported MIME type",
        ),
        ({"temperature": 0}, 'Unknown name "temperature"'),
        ({"generationConfig": {"max_tokens": 9}}, 'Unknown name "max_tokens"'),
        ({"generationConfig": {"temperature": 3}}, "temperature"),
        ({"generationConfig": {"logprobs": 3}}, "response_logprobs"),
        ({"generationConfig": {"responseSchema": {"type": "OBJECT"}}}, "response_mime_type"),
        (
            {"generationConfig": {"thinkingConfig": {"thinkingBudget": 1, "thinkingLevel": "LOW"}}},
            "only one of thinking budget",
        ),
    ],
)
def test_a_bad_request_is_told_what_is_wrong(change: Any, words: str) -> None:
    body = {"contents": [{"role": "user", "parts": [{"text": "x"}]}]} | change
    with serve(ConstantAnswerer()) as server:
        response = post(server, body)
        assert len(server.log) == 0
    error = response.json()["error"]
    assert (response.status_code, error["code"], error["status"]) == (400, 400, "INVALID_ARGUMENT")
    assert words in error["message"]
