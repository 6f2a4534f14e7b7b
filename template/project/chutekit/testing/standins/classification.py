"""A server that speaks the engine's protocol and has no model: a text's label is by its digest."""

from __future__ import annotations

from typing import Any

from chutekit.testing.standins.pooling import PoolingStub, digest, texts_of
from chutekit.testing.standins.server import serve

LABELS = ("LABEL_0", "LABEL_1", "LABEL_2")


class ClassificationStub(PoolingStub):
    """Answers requests for labels, on the paths of both engines."""

    ROUTES = ("/classify", "/v1/classify")
    FIELD = "input"

    def texts(self, asked: dict[str, Any]) -> list[Any]:
        """Return the texts of the input."""
        return texts_of(asked["input"])

    def whole(self, asked: dict[str, Any], texts: list[Any]) -> dict[str, Any]:
        """Return a label for each text, and how likely each label is."""
        data = []
        for index, text in enumerate(texts):
            found = probabilities(text)
            label = LABELS[found.index(max(found))]
            data.append(
                {"index": index, "label": label, "probs": found, "num_classes": len(LABELS)}
            )
        return {"object": "list", "created": 0, "data": data}


def probabilities(text: Any) -> list[float]:
    """Return one for each label, which together are 1 and depend on the text alone."""
    weights = [byte + 1 for byte in digest(text, len(LABELS))]
    return [weight / sum(weights) for weight in weights]


if __name__ == "__main__":
    serve(ClassificationStub)
