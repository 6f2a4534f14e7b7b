"""Run by `process.py` in a process of its own: imports one module and describes its chutes.

Imports nothing of this package: the interpreter may be the checked repository's.
"""

import importlib.util
import json
import os
import sys
from pathlib import Path
from typing import Any

SETTINGS = (
    "name",
    "tagline",
    "readme",
    "revision",
    "tee",
    "concurrency",
    "max_instances",
    "scaling_threshold",
    "shutdown_after_seconds",
    "allow_external_egress",
    "standard_template",
    "encrypted_fs",
)
CORD = (
    "path",
    "passthrough",
    "passthrough_port",
    "passthrough_path",
    "public_api_path",
    "output_content_type",
    "input_schema",
    "minimal_input_schema",
)


def describe(chute: Any) -> dict[str, Any]:
    """What one chute has become, in the names of its arguments."""
    selector = chute.node_selector
    image = chute.image
    return {
        "username": chute._username,
        **{name: getattr(chute, name) for name in SETTINGS},
        "selector": selector.model_dump() if selector is not None else None,
        "tag": getattr(image, "tag", None),
        "dockerfile": image if isinstance(image, str) else str(image),
        "image_text": isinstance(image, str),
        "cords": [describe_cord(cord) for cord in chute.cords],
        "jobs": len(chute.jobs),
    }


def describe_cord(cord: Any) -> dict[str, Any]:
    """What one cord has become."""
    return {name: getattr(cord, name, None) for name in CORD} | {
        "public_api_method": cord._public_api_method,
        "method": cord._method,
        "stream": cord._stream,
        "function": getattr(cord._func, "__name__", None),
    }


def computed_tag(chute: Any) -> str:
    """The tag that the repository's own program computes from the content of the image."""
    from chutekit.ops import image_tag

    return image_tag.tag(chute.image)


def describe_file(file: str, *, tag: bool = False) -> dict[str, Any]:
    """Every chute of a module, or why it cannot be imported."""
    from chutes.chute import Chute

    path = Path(file)
    sys.path[:0] = [str(path.resolve().parent), str(Path.cwd())]
    found: dict[str, Any] = {}
    try:
        spec = importlib.util.spec_from_file_location(path.stem, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[path.stem] = module
        spec.loader.exec_module(module)
        for name, value in vars(module).items():
            pack = getattr(value, "chute", None)  # the SDK's builders return a pack
            chute = value if isinstance(value, Chute) else pack
            if isinstance(chute, Chute):
                found[name] = describe(chute)
                if tag:
                    found[name]["computed_tag"] = computed_tag(chute)
    except BaseException as error:  # whatever the user's code does is an answer
        lines = (str(error).strip() or type(error).__name__).splitlines()
        found = {"error": f"{type(error).__name__}: {lines[0][:300]}"}
    return found


def main(file: str, result: Path, *, tag: bool) -> None:
    """Import `file` and write what was found."""
    if importlib.util.find_spec("chutes") is None:
        found: dict[str, Any] = {"missing": "chutes"}
    else:
        found = describe_file(file, tag=tag)
    result.write_text(json.dumps(found, default=str))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), tag="tag" in sys.argv[3:])
    sys.stdout.flush()
    os._exit(0)
