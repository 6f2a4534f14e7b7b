"""Texts or their tokens, one or many: what is continued, and what becomes vectors."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, Discriminator, Field, Tag

from chutekit.serving.errors import context_exceeded

#: SGLang's scheduler puts numbers of requests into 32 bits, and ends when one does not fit.
LARGEST = 2**31 - 1
#: More tokens than any model's context.
MOST_TOKENS = 2**24
TokenId = Annotated[int, Field(ge=0, le=LARGEST)]


def kind_of_prompt(value: Any) -> str:
    """Tell the four kinds apart, so that an error names what is wrong with the one sent."""
    if not isinstance(value, list):
        return "text"
    if not value or isinstance(value[0], str):
        return "texts"
    return "token_lists" if isinstance(value[0], list) else "tokens"


def how_many(prompt: str | list[str] | list[int] | list[list[int]]) -> int:
    """Return how many prompts there are in what `one_or_many` allows."""
    return len(prompt) if kind_of_prompt(prompt) in ("texts", "token_lists") else 1


def one_or_many(longest: int, tokens: int, many: int) -> Any:
    """Return the type of a prompt: a text, its tokens, or up to `many` of either.

    A text has at most `longest` characters, or `tokens` tokens.
    """

    def in_characters(text: str) -> str:
        if len(text) > longest:
            raise context_exceeded(tokens, f"a text has at most {longest} characters")
        return text

    def in_tokens(given: list[int]) -> list[int]:
        if len(given) > tokens:
            raise context_exceeded(tokens, f"these are {len(given)}")
        return given

    text = Annotated[
        str,
        Field(min_length=1, json_schema_extra={"maxLength": longest}),
        AfterValidator(in_characters),
    ]
    token_list = Annotated[
        list[TokenId],
        Field(min_length=1, json_schema_extra={"maxItems": tokens}),
        AfterValidator(in_tokens),
    ]
    return Annotated[
        Annotated[text, Tag("text")]
        | Annotated[list[text], Field(min_length=1, max_length=many), Tag("texts")]
        | Annotated[token_list, Tag("tokens")]
        | Annotated[list[token_list], Field(min_length=1, max_length=many), Tag("token_lists")],
        Discriminator(kind_of_prompt),
    ]
