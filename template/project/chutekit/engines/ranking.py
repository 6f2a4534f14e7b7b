"""What Cohere's and Jina's APIs let a client send to rerank texts, and vLLM's to score pairs.

Strict: no type coercion, no unknown field. `chute.py` sets the limits of this chute on top, and
`vllm/ranking.py` adds what is the engine's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from pydantic import AliasChoices, Field, ValidationInfo, field_validator

from chutekit.engines.engine import WarmUp
from chutekit.engines.prompts import LARGEST
from chutekit.engines.request import UNUSED, EngineRequest
from chutekit.serving.contract import RequestModel
from chutekit.serving.errors import context_exceeded

WARM_UP = WarmUp(
    "/rerank", {"query": "Hello", "documents": ["Good morning", "An invoice"]}, "prompt_tokens"
)
Text = Annotated[str, Field(min_length=1)]


@dataclass(frozen=True)
class Pairs:
    """What a chute bounds: the model reads each text together with the query, as a pair.

    `context_length` is in tokens of a pair, `most` in pairs of a request, `characters` in those of
    a pair, and `altogether` in those of all pairs of a request, where the query counts with each.
    """

    context_length: int
    most: int
    characters: int
    altogether: int

    def check(self, queries: Sequence[str], texts: Sequence[str]) -> None:
        """Refuse more than these, for one query or as many as there are texts."""
        if len(texts) > self.most:
            raise ValueError(f"must hold at most {self.most} texts")
        if len(queries) not in (1, len(texts)):
            raise ValueError(f"must hold {len(queries)} texts: one for each of the first")
        lengths = [
            len(queries[place if len(queries) > 1 else 0]) + len(text)
            for place, text in enumerate(texts)
        ]
        if max(lengths) > self.characters:
            advice = f"a query and one text have at most {self.characters} characters"
            raise context_exceeded(self.context_length, advice)
        if sum(lengths) > self.altogether:
            raise ValueError(
                f"must have at most {self.altogether} characters in all, the query in each pair"
            )


class Document(RequestModel):
    """A text as an object, which is how some clients send it."""

    text: Text


class PairFields(EngineRequest):
    """Of all that reads texts in pairs."""

    NOT_PASSED_ON = frozenset({"user"})
    #: What chute.py sets.
    PAIRS: ClassVar[Pairs] = Pairs(2**20, 2**12, 2**23, 2**26)

    user: str | None = Field(None, max_length=512, description=UNUSED)

    @property
    def repeatable(self) -> bool:
        """Always: a pair has one score."""
        return True


class RerankFields(PairFields):
    """The fields of POST /v1/rerank and /v2/rerank."""

    NOT_PASSED_ON = frozenset({"user", "return_documents"})

    query: Text = Field(description="What is looked for.")
    documents: list[Text | Document] = Field(
        min_length=1, description="Texts to be ranked by it, each as a text or as {text}."
    )
    top_n: int | None = Field(
        None, ge=0, le=LARGEST, description="So many of the best; 0, or left out, for all."
    )
    return_documents: bool | None = Field(
        None, description="Accepted, and without effect: the answer repeats the texts."
    )

    @field_validator("documents")
    @classmethod
    def _bounded(
        cls, documents: list[str | Document], info: ValidationInfo
    ) -> list[str | Document]:
        if "query" in info.data:
            cls.PAIRS.check([info.data["query"]], [plain(document) for document in documents])
        return documents

    def upstream(self, model: str) -> dict[str, Any]:
        """Return the body for the engine, which knows documents as texts alone."""
        return super().upstream(model) | {"documents": [plain(each) for each in self.documents]}


class ScoreFields(PairFields):
    """The fields of POST /v1/score: one text against several, or each against its own."""

    text_1: Text | Annotated[list[Text], Field(min_length=1)] = Field(
        validation_alias=AliasChoices("text_1", "queries"),
        description="A text, or one for each of text_2; also as queries.",
    )
    text_2: Text | Annotated[list[Text], Field(min_length=1)] = Field(
        validation_alias=AliasChoices("text_2", "documents"),
        description="What is scored against it; also as documents.",
    )

    @field_validator("text_2")
    @classmethod
    def _bounded(cls, texts: str | list[str], info: ValidationInfo) -> str | list[str]:
        if "text_1" in info.data:
            cls.PAIRS.check(listed(info.data["text_1"]), listed(texts))
        return texts


def plain(document: str | Document) -> str:
    """Return the text of a document."""
    return document if isinstance(document, str) else document.text


def listed(texts: str | list[str]) -> list[str]:
    """Return one text as a list of it."""
    return [texts] if isinstance(texts, str) else texts
