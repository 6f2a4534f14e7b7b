"""What the image and the laptop of a generated repository have installed, by the shipped locks."""

import re
import sys
from collections.abc import Iterable, Mapping
from functools import cache

from scaffold.answers.questions import template_folder

# Distributions whose modules have another name.
_MODULES = {"pillow": "PIL", "pyyaml": "yaml", "pyjwt": "jwt", "protobuf": "google"}
# The other way round, for what prototypes import: cv2 comes with any of several packages.
PACKAGES = {
    "bs4": "beautifulsoup4",
    "cv2": "opencv",
    "fitz": "pymupdf",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "whisper": "openai-whisper",
}
_LOCKED = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==([^\s\\;]+)", re.MULTILINE)


@cache
def in_image() -> Mapping[str, str]:
    """The packages of the image of workload custom, each with its version."""
    return _read("{{ layer.custom }}/requirements/image.lock")


@cache
def asked_for() -> Mapping[str, str]:
    """Those that its image.in pins by name."""
    return _read("{{ layer.custom }}/requirements/image.in.jinja")


@cache
def light() -> frozenset[str]:
    """The modules that a chute.py can import at once: they are in the image and on a laptop."""
    laptop = _read("requirements/dev.lock")
    both = in_image().keys() & laptop.keys()
    return frozenset({*map(_module, both), *sys.stdlib_module_names})


@cache
def served() -> frozenset[str]:
    """The modules that the image has without any package of one's own."""
    return frozenset({*map(_module, in_image()), *sys.stdlib_module_names})


def normal(name: str) -> str:
    """A distribution's name as package indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def distribution(requirement: str) -> str:
    """The name in a line of requirements."""
    return normal(re.split(r"[\[<>=!~@;# ]", requirement.strip())[0])


def packages_of(modules: Iterable[str]) -> dict[str, str]:
    """Of modules that the image has under another name than their package's, the package."""
    named = {module: package for package, module in _MODULES.items()}
    return {each: named[each] for each in modules if named.get(each) in in_image()}


def provides(requirement: str, module: str) -> bool:
    """Is it likely that a package brings a module of that name?"""
    name = distribution(requirement)
    wanted = normal(PACKAGES.get(module, module))
    return name == wanted or wanted in name.split("-") or name.startswith(f"{wanted}-")


def _read(path: str) -> dict[str, str]:
    text = (template_folder() / "project" / path).read_text(encoding="utf-8")
    return {normal(name): version for name, version in _LOCKED.findall(text)}


def _module(distribution: str) -> str:
    return _MODULES.get(distribution, distribution.replace("-", "_"))
