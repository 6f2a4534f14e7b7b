"""template/data/image_tags.yml: what is in the image of each engine, for each task and cache.

Repositories are rendered and asked for the digest by their own chutekit/ops/image_tag.py, so that
plain `copier copy` gives the tag which that program expects. Each engine is rendered once more,
with other answers: one that reached the image would make the digest wrong for everybody else.
"""

import itertools
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import yaml

from scaffold.errors import Failed
from scaffold.generated.render import render

ROOT = Path(__file__).parent.parent
TEMPLATE = ROOT / "template"
TAGS = TEMPLATE / "data" / "image_tags.yml"
CACHES = ("none", "lru", "redis")
ANSWERS = {"username": "alice", "name": "first"}
OTHER_ANSWERS = {
    "username": "Bob_2",
    "name": "second-one",
    "tagline": "Something else",
    "gpu_count": 2,
    "max_instances": 7,
    "shutdown_after_seconds": 120,
    "metrics_cord": True,
    "keep_warm": True,
    "ci": "none",
    "base_image": "parachutes/python:3.12",
}
# Of these the digest must not depend either.
OWN = {"system_packages": ["ffmpeg"], "packages": ["einops==0.8.1"], "models": [f"a/b@{'0' * 40}"]}
HEADER = """\
# Written by hooks/refresh.py: the digest of everything but the base that goes into the
# container image, per engine, task and cache. Do not edit.
"""
OTHER_MODEL = {"model": "a/b", "revision": "0" * 40}
TASKS: dict[str, tuple[dict[str, object], ...]] = {
    "image": ({"task": "generate"}, {"task": "edit", **OTHER_MODEL}),
    "custom": ({},),
    "speech": ({},),
    "llm": (
        {"task": "chat"},
        {"task": "embed", **OTHER_MODEL},
        {"task": "classify", **OTHER_MODEL},
        {"task": "rerank", **OTHER_MODEL},
    ),
}
# The first task of a workload has no name of its own, nor has a workload without tasks.
FIRST = ("", "generate", "chat")
# What no engine but this does.
ONLY = {"rerank": "vllm"}


def combinations() -> Iterator[tuple[str, dict[str, object]]]:
    """The name and the answers of every image that can be asked for."""
    engines = yaml.safe_load((TEMPLATE / "data" / "engines.yml").read_text())["engines"]["default"]
    for workload, options in engines.items():
        for option, task, cache in itertools.product(options, TASKS[workload], CACHES):
            kind = str(task.get("task", ""))
            if ONLY.get(kind, option["id"]) != option["id"]:
                continue
            named = f"-{kind}" if kind not in FIRST else ""
            name = f"{option['id']}{named}-{cache}"
            # Of a model of one's own nobody asks for the engine.
            engine = {} if workload == "custom" else {"engine": option["id"]}
            yield name, {"workload": workload, **engine, "cache": cache, **task}


def _others(choice: dict[str, object]) -> dict[str, object]:
    own = OWN if choice["workload"] == "custom" else {}
    return {**OTHER_ANSWERS, **own, **choice}


def digest(answers: dict[str, object]) -> str:
    """The content digest of the image in a repository rendered with these answers."""
    with tempfile.TemporaryDirectory() as folder:
        render(TEMPLATE, answers, Path(folder))
        command = [sys.executable, "-m", "chutekit.ops.image_tag", "--json"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        try:
            return str(json.loads(done.stdout)["content"])
        except (ValueError, KeyError):
            raise Failed(f"{answers}: {done.stdout}{done.stderr}") from None


def digests() -> dict[str, str]:
    """The content digest of every image."""
    found = {}
    for name, choice in combinations():
        found[name] = digest({**ANSWERS, **choice})
        if choice["cache"] == "redis" and (digest(_others(choice)) != found[name]):
            raise Failed(f"{name}: an answer reaches the image")
    return found


def files() -> dict[Path, str | None]:
    """The text of the file, from what the template holds now."""
    wrapper = {"image_tags": {"type": "yaml", "when": False, "default": digests()}}
    return {TAGS: HEADER + yaml.safe_dump(wrapper, sort_keys=False, indent=2)}
