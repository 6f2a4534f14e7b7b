"""Every number of a request has bounds that the engines' own code can hold.

SGLang 0.5.22 ends over a `top_k` of more than 32 bits, a token that the model does not have, and a
`min_tokens` of more than 32 bits. The heavy half tries them on real vLLM and in SGLang's own code.
"""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chutekit.engines import vocabulary
from chutekit.engines.request import EngineRequest
from chutekit.engines.sglang.chat import EngineChatFields
from chutekit.engines.vllm import endpoints
from chutekit.serving.errors import Refusal
from pydantic import TypeAdapter, ValidationError

from attacks.extremes import EXTREMES, HELLO, KINDS, VllmChat, VllmCompletion, numbers
from support.serving import Served

HERE = Path(__file__).parent
#: As sglang_sampling.py says.
VOCABULARY = 320
#: What a number needs beside it to be of any effect.
COUNTS: dict[str, dict[str, Any]] = {
    "top_logprobs": {"logprobs": True},
    "logprob_token_ids": {"logprobs": True},
    "stop_token_ids": {"min_tokens": 2},
    "min_tokens": {"stop_token_ids": [3]},
}
BODIES: dict[str, tuple[type[EngineRequest], dict[str, Any]]] = {
    "/v1/chat/completions": (VllmChat, HELLO | {"max_tokens": 2}),
    "/v1/completions": (VllmCompletion, {"prompt": "Hello", "max_tokens": 2}),
    "/v1/responses": (
        endpoints.ResponsesRequest,
        {"input": "Hello", "max_output_tokens": 16, "top_p": 0.5},
    ),
    "/v1/messages": (endpoints.MessagesRequest, HELLO | {"max_tokens": 2}),
}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: f"{kind.__module__}.{kind.__name__}")
def test_every_number_has_two_bounds_within_32_bits(kind: type[EngineRequest]) -> None:
    for path, number in numbers(kind):
        if path.split(".")[0] in kind.NOT_PASSED_ON:
            continue
        low = number.get("minimum", number.get("exclusiveMinimum"))
        high = number.get("maximum", number.get("exclusiveMaximum"))
        assert low is not None, path
        assert high is not None, path
        # What makes the random numbers takes 64 bits.
        bits = 63 if path.endswith("seed") else 31
        assert -(2**bits) <= low <= high < 2**bits, path


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: f"{kind.__module__}.{kind.__name__}")
def test_no_number_is_none(kind: type[EngineRequest]) -> None:
    for name, field in kind.model_fields.items():
        for wrong in (float("nan"), float("inf"), 2**63, -(2**70)):
            adapter: TypeAdapter[Any] = TypeAdapter(field.annotation)  # type: ignore[arg-type]
            if adapter.json_schema().get("additionalProperties") is True or name == "documents":
                continue
            with pytest.raises(ValidationError):
                kind.model_validate({name: wrong})


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"stop_token_ids": [1, 320], "min_tokens": 2}, "stop_token_ids"),
        ({"allowed_token_ids": [999_999_999]}, "allowed_token_ids"),
        ({"logprob_token_ids": [320], "logprobs": True}, "logprob_token_ids"),
        ({"logit_bias": {"320": 1}}, "logit_bias"),
    ],
)
def test_a_token_that_the_model_does_not_have(fields: dict[str, Any], named: str) -> None:
    request = VllmChat.model_validate(HELLO | fields)
    with pytest.raises(Refusal) as refused:
        vocabulary.check(request, 320)
    assert (refused.value.status, refused.value.fields[0].field) == (400, named)
    vocabulary.check(request, 10**9)
    vocabulary.check(request, None)


@pytest.mark.parametrize("name", ["x", "-1", "1.5", "1e3", "", "9" * 11, "\u0661"])
def test_a_biased_token_is_a_number(name: str) -> None:
    with pytest.raises(ValidationError):
        VllmChat.model_validate(HELLO | {"logit_bias": {name: 1}})


@pytest.mark.parametrize(
    ("config", "size"),
    [
        ('{"vocab_size": 5}', 5),
        ('{"text_config": {"vocab_size": 6}}', 6),
        ('{"thinker_config": {"text_config": {"vocab_size": 7}}}', 7),
        ("{}", None),
        ("[]", None),
        ("no JSON", None),
    ],
)
def test_how_many_tokens_a_model_has(tmp_path: Path, config: str, size: int | None) -> None:
    assert vocabulary.size_of(tmp_path) is None
    (tmp_path / "config.json").write_text(config)
    assert vocabulary.size_of(tmp_path) == size


def admitted(
    kind: type[Any], base: dict[str, Any], tokens: int | None = None
) -> Iterator[dict[str, Any]]:
    """Bodies with an extreme in each number that get past our checks, of a model with so many
    tokens, and with the others that make it count."""
    for path, _ in numbers(kind):
        for value in EXTREMES:
            name, *inner = path.split(".")
            whole: Any = value
            for part in reversed(inner):
                whole = [whole] if part == "*" else {part: whole}
            if name == "logit_bias":
                whole = {"5": value}
            fields = base | COUNTS.get(name, {}) | {name: whole}
            try:
                vocabulary.check(kind.model_validate(fields), tokens)
            except (ValidationError, Refusal):
                continue
            yield fields


@pytest.mark.heavy
def test_sglangs_own_code_holds_what_is_let_through() -> None:
    python = os.environ.get("TEST_VLLM_PYTHON") or pytest.skip("no TEST_VLLM_PYTHON")
    source = os.environ.get("TEST_SGLANG_SOURCE") or pytest.skip("no TEST_SGLANG_SOURCE")
    asked = [*admitted(EngineChatFields, {}, VOCABULARY)]
    assert {name for fields in asked for name in fields} > {"top_k", "min_tokens", "min_p"}
    beyond = {"min_tokens": 5, "stop_token_ids": [999_999_999]}
    known = [{"top_k": 2**31}, {"min_tokens": 2**40}, beyond]
    done = subprocess.run(
        [python, str(HERE / "sglang_sampling.py"), source],
        input=json.dumps([*asked, *known]),
        capture_output=True,
        text=True,
        check=True,
    )
    *broken, large, many, none = json.loads(done.stdout)
    assert dict(zip(map(str, asked), broken, strict=True)) == {str(one): None for one in asked}
    # What our bounds keep out does break it.
    assert large
    assert many
    assert none


@pytest.mark.heavy
@pytest.mark.parametrize("path", BODIES)
def test_vllm_holds_what_is_let_through(served: Served, path: str) -> None:
    for body in admitted(*BODIES[path]):
        answer = served.client.post(path, json=body, timeout=60)
        assert answer.status_code in (200, 400), (body, answer.text)
    assert served.client.get("/health").status_code == 200
    assert served.openai.chat.completions.create(**served.chat(4)).choices
