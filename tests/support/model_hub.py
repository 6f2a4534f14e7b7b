"""A model hub on loopback: what the real one answers about a model and its small files."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from support.registries import serving

COMMIT = "89abcdef" * 5
CHAT = '{% for message in messages %}<tool_call>\n{"name": <n>}\n</tool_call>{% endfor %}'


@dataclass
class Repository:
    """One model: its small files, and its large ones by size."""

    files: dict[str, bytes]
    weights: dict[str, int] = field(default_factory=lambda: {"model.safetensors": 3_000_000_000})
    facts: dict[str, Any] = field(default_factory=dict)
    closed: bool = False

    @classmethod
    def of(
        cls, config: dict[str, Any] | bytes, *, chat: str | None = CHAT, **more: Any
    ) -> "Repository":
        """A model with this config.json and this chat template."""
        content = config if isinstance(config, bytes) else json.dumps(config).encode()
        files = {"config.json": content, **more.pop("files", {})}
        if chat is not None:
            files["tokenizer_config.json"] = json.dumps({"chat_template": chat}).encode()
        return cls(files, **more)

    def document(self) -> dict[str, Any]:
        """What the hub says of it."""
        large = [
            {"rfilename": name, "size": size, "lfs": {"size": size, "sha256": "0" * 64}}
            for name, size in self.weights.items()
        ]
        small = [{"rfilename": name, "size": len(text)} for name, text in self.files.items()]
        return {"sha": COMMIT, "gated": False, "siblings": large + small, **self.facts}


@contextmanager
def model_hub(repositories: dict[str, Repository]) -> Iterator[tuple[str, list[str]]]:
    """The hub's address, and the paths that it was asked for."""
    asked: list[str] = []

    def answer(path: str) -> tuple[int, bytes]:
        asked.append(path)
        for model, repository in repositories.items():
            for revision in ("main", COMMIT):
                if path == f"/api/models/{model}/revision/{revision}?blobs=true":
                    return 200, json.dumps(repository.document()).encode()
            before = f"/{model}/resolve/{COMMIT}/"
            if path.startswith(before):
                if repository.closed:
                    return 401, b"Access to it is restricted."
                found = repository.files.get(path.removeprefix(before))
                return (404, b"") if found is None else (200, found)
        return 401, b"Invalid username or password."

    with serving(answer) as url:
        yield url, asked
