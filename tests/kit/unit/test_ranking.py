"""What one may send to be ranked or scored, and what the engine gets of it."""

from typing import Any

import pytest
from chutekit.engines.ranking import Pairs, RerankFields, ScoreFields
from chutekit.engines.vllm import ranking as vllm
from chutekit.serving import contract
from chutekit.serving.errors import Refusal


class Rerank(vllm.EngineFields, RerankFields):
    """With bounds that a test can reach."""

    PAIRS = Pairs(context_length=10, most=3, characters=20, altogether=45)


class Judged(vllm.JudgeFields, RerankFields):
    """Of a language model."""


class Score(vllm.EngineFields, ScoreFields):
    """With the same bounds."""

    PAIRS = Rerank.PAIRS


ASKED: dict[str, Any] = {"query": "ferry", "documents": ["at nine", "a beach"]}


def refused(kind: type[Any], body: dict[str, Any]) -> tuple[str, str]:
    """The first wrong field, and what is said about it."""
    with pytest.raises(Refusal) as raised:
        contract.read(kind.model_validate, body, kind.REFUSED)
    field = raised.value.fields[0]
    return field.field, field.message


def test_documents_reach_the_engine_as_texts() -> None:
    objects = ASKED | {"documents": [{"text": "at nine"}, "a beach"], "return_documents": True}
    sent = Rerank.model_validate(objects | {"user": "u", "top_n": 1}).upstream("mine")
    assert sent == ASKED | {"top_n": 1, "model": "mine"}


@pytest.mark.parametrize(
    ("body", "field", "says"),
    [
        ({"documents": ["x"] * 4}, "documents", "at most 3 texts"),
        ({"documents": ["x" * 16]}, "documents", "at most 20 characters"),
        ({"documents": ["x" * 15, "x" * 10, "x" * 6]}, "documents", "at most 45 characters in all"),
        ({"documents": ["x", ""]}, "documents.1", "at least 1 character"),
        ({"documents": ["x", {"content": "x"}]}, "documents.1", "is required"),
        ({"documents": "x"}, "documents", "list"),
        ({"query": ["x"]}, "query", "string"),
        ({"top_n": 1.5}, "top_n", "integer"),
        ({"instruction": "x"}, "instruction", "nothing but the two texts"),
        ({"priority": 1}, "priority", "clients are treated alike"),
        ({"chat_template_kwargs": {"messages": []}}, "chat_template_kwargs", "instruction"),
    ],
)
def test_what_breaks_a_bound_is_named(body: dict[str, Any], field: str, says: str) -> None:
    found, message = refused(Rerank, ASKED | body)
    assert found.startswith(field)
    assert says.lower() in message.lower()


def test_as_much_as_is_allowed() -> None:
    assert Rerank.model_validate(ASKED | {"documents": ["x" * 15, "x" * 10, "x" * 5]})


def test_the_words_around_a_pair_are_never_cut_off() -> None:
    assert Judged.model_validate(ASKED | {"instruction": "Find timetables."}).instruction
    assert refused(Judged, ASKED | {"truncate_prompt_tokens": 8})[0] == "truncate_prompt_tokens"


def test_an_instruction_which_each_pair_has_is_short() -> None:
    field, says = refused(Judged, ASKED | {"instruction": "x" * 5000})
    assert (field, "at most 4096" in says) == ("instruction", True)


@pytest.mark.parametrize(
    ("names", "first", "second"),
    [
        (("text_1", "text_2"), "a", ["b", "c"]),
        (("text_1", "text_2"), ["a", "b"], ["c", "d"]),
        (("queries", "documents"), "a", "b"),
    ],
)
def test_pairs_reach_the_engine_under_one_name(
    names: tuple[str, str], first: Any, second: Any
) -> None:
    sent = Score.model_validate(dict(zip(names, (first, second), strict=True))).upstream("mine")
    assert sent == {"text_1": first, "text_2": second, "model": "mine"}


def test_each_text_has_its_own_or_all_have_one() -> None:
    alone = refused(Score, {"text_1": ["a", "b"], "text_2": ["c"]})
    assert alone == ("text_2", "must hold 2 texts: one for each of the first")
    assert refused(Score, {"text_1": "a", "queries": "b", "text_2": "c"})[0] == "queries"
    assert refused(Score, {"text_1": "a"})[0] == "text_2"
