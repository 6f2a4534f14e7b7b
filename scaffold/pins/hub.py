"""What the model hub says about a model's newest commit."""

import json
import os
import urllib.request
from dataclasses import dataclass
from urllib.error import HTTPError

from scaffold.errors import Failed, OutsideFailure

HUB = "https://huggingface.co"
SECONDS = 20


@dataclass(frozen=True)
class File:
    """A large file of a commit: those in Git LFS, for which the hub knows a SHA-256."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Commit:
    """A commit, and its large files by path."""

    commit: str
    files: tuple[File, ...]


def newest(model: str) -> Commit:
    """The commit that the model's main branch points at.

    HF_ENDPOINT names another hub, HF_TOKEN opens gated models. Raises Failed when the hub knows no
    such model and OutsideFailure when it does not answer.
    """
    url = f"{os.environ.get('HF_ENDPOINT', HUB)}/api/models/{model}/revision/main?blobs=true"
    request = urllib.request.Request(url, headers={"User-Agent": "chute-new"})
    if token := os.environ.get("HF_TOKEN"):
        request.add_header("Authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as response:
            document = json.load(response)
        files = [
            File(str(each["rfilename"]), int(each["lfs"]["size"]), str(each["lfs"]["sha256"]))
            for each in document.get("siblings", ())
            if each.get("lfs")
        ]
        return Commit(str(document["sha"]), tuple(sorted(files, key=lambda file: file.path)))
    except HTTPError as error:
        if error.code in (401, 404):
            raise Failed(f"{model} is not on the hub, or needs an HF_TOKEN") from error
        raise OutsideFailure(f"The hub answered {error.code} about {model}") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise OutsideFailure(
            f"The hub did not answer about {model}: {type(error).__name__}",
            hint="Check the network and try again.",
        ) from error
