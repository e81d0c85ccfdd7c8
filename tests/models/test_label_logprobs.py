"""Label likelihoods of served models, through the SDK against a server that knows its own chances."""

import math
from typing import Any

import pytest
from tests.models.samples import ask, request

from mllmsent.foundation import InputError
from mllmsent.loopback import Reply, serve
from mllmsent.models import Response, Settings, get_model

LABELS = ("negative", "neutral", "positive")
CHANCES = {"positive": 0.6, "neutral": 0.3, "negative": 0.06, "Positive.": 0.03, "It is sad": 0.01}


class Leaning:
    """Leans to an answer, with known chances; tells them to those who ask."""

    def answer(self, images: Any, text: Any, schema: Any, model: Any, sample_seed: Any) -> Reply:
        """The likeliest."""
        return Reply(max(CHANCES, key=lambda answer: CHANCES[answer]), chances=CHANCES)


class Silent:
    """Says nothing of its chances, but has content all the same."""

    def answer(self, images: Any, text: Any, schema: Any, model: Any, sample_seed: Any) -> str:
        """One word."""
        return "positive"


def one(server: Any, **options: Any) -> Response:
    question = request(
        "Which?", settings=Settings(temperature=None, max_tokens=None), candidates=LABELS
    )
    (response,) = ask(server, question, logprobs=True, **options)
    return response


TOLD: list[tuple[dict[str, str], dict[str, Any]]] = [
    ({"name": "openai/tester"}, {
        "temperature": 0.0, "max_completion_tokens": 16, "logprobs": True, "top_logprobs": 20,
    }),
    ({"name": "openai/tester", "api": "responses"}, {
        "temperature": 0.0, "max_output_tokens": 16, "top_logprobs": 20, "store": False,
        "include": ["message.output_text.logprobs"],
    }),
    ({"name": "google/tester"}, {
        "generationConfig": {
            "temperature": 0.0, "maxOutputTokens": 16, "responseLogprobs": True, "logprobs": 20,
        }
    }),
]  # fmt: skip
"""A model, and what goes out beside the conversation."""


@pytest.mark.parametrize(("model", "told"), TOLD)
def test_the_servers_own_probabilities_are_had_exactly(
    model: dict[str, str], told: dict[str, Any]
) -> None:
    with serve(Leaning()) as server:
        response = one(server, **model)
        (entry,) = server.log.entries
    assert response.status == "ok"
    assert response.label_scores is not None
    chances = {label: math.exp(score) for label, score in response.label_scores.items()}
    assert chances == pytest.approx({"negative": 0.06, "neutral": 0.3, "positive": 0.63})
    assert response.label_tokens == {"negative": 1, "neutral": 1, "positive": 2}
    assert response.label_limits is not None
    assert set(response.label_limits) == set(LABELS)
    assert entry.parameters == told


def test_a_model_is_asked_for_likelihoods_where_it_tells_log_probabilities() -> None:
    assert get_model("openai/gpt-4o").capabilities.label_scores
    assert get_model("vllm/Qwen/Qwen3-VL-8B-Instruct").capabilities.first_tokens
    for name in ("openai/o3", "openai/gpt-5", "ollama/gemma3", "openrouter/x", "anthropic/claude"):
        can = get_model(name).capabilities
        assert (can.label_scores, can.first_tokens, can.logprobs) == (False,) * 3, name
    assert get_model("ollama/gemma3", logprobs=True).capabilities.label_scores
    assert not get_model("vllm/m", logprobs=False).capabilities.label_scores
    with pytest.raises(InputError, match="logprobs"):
        get_model("anthropic/claude-sonnet-4-5", logprobs=True)


def test_a_server_that_ignores_the_wish_is_told_apart_with_its_cure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("mllmsent.loopback.dialects.openai_chat.logprobs", lambda *_: iter(()))
    with serve(Silent()) as server:
        response = one(server)
    assert response.status == "failed"
    assert response.error.startswith("the server told no log probabilities")
    assert "samples: 10" in response.error


def test_asking_for_log_probabilities_makes_no_other_model() -> None:
    """Answers that were read as text before stay those of the same model."""
    plain, telling = get_model("ollama/m"), get_model("ollama/m", logprobs=True)
    assert plain.identity == telling.identity
