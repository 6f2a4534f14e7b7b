"""What the README says of additions works as it stands there, in the repository it stands in."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from scaffold.answers.questions import Questionnaire, template_folder
from scaffold.generated.render import render
from support.answers import REQUIRED
from support.repositories import passes

APIS: dict[str, dict[str, Any]] = {
    "image": {"workload": "image"},
    "chat": {"workload": "llm"},
    "embed": {"workload": "llm", "model": "Qwen/Qwen3-Embedding-0.6B"},
    "rerank": {"workload": "llm", "model": "Qwen/Qwen3-Reranker-0.6B"},
    "transcribe": {"workload": "speech"},
    "custom": {"workload": "custom"},
}


def blocks(readme: str, heading: str) -> list[str]:
    """The Python of one section."""
    section = readme.split(f"### {heading}\n")[1].split("\n#")[0]
    return re.findall(r"```python\n(.*?)```", section, re.DOTALL)


def with_endpoint(code: str, body: str, cord: str) -> str:
    """A chute.py with what the README shows of a request and its cord, where it says."""
    imported, begins, body = body.partition("class ModerateRequest")
    above = "\n\nclass Model:" if "\nclass Model:" in code else "\n\ndef make_chute("
    health = "from chutekit.serving.health"
    code = code.replace(health, f"{imported.strip()}\n{health}".lstrip())
    code = code.replace(above, f"\n\n{begins}{body}{above}")
    return code.replace('    @chute.get_cord("/health")', f'{cord}\n    @chute.get_cord("/health")')


def with_method(code: str, method: str) -> str:
    """The same with a method of the model, which is tried at start-up."""
    code = code.replace("\n\n\ndef make_chute(", f"\n\n{method}\n\ndef make_chute(")
    code, count = re.subn(r"warm_up=\[(.*?)\]", r"warm_up=[\1, Model.moderate]", code)
    assert count == 1
    return code


@pytest.mark.path
@pytest.mark.parametrize("answers", APIS.values(), ids=APIS)
def test_an_endpoint(tmp_path: Path, answers: dict[str, Any]) -> None:
    render(template_folder(), Questionnaire().resolve({**REQUIRED, **answers}).answers, tmp_path)
    body, *method, cord, test = blocks((tmp_path / "README.md").read_text(), "An endpoint")
    module = tmp_path / "chute.py"
    code = module.read_text()
    for each in method:
        code = with_method(code, each)
    module.write_text(with_endpoint(code, body, cord))
    (tmp_path / "tests" / "test_moderate.py").write_text(test)
    passes(tmp_path, "tests/test_moderate.py")
    ruff = Path(sys.executable).with_name("ruff")
    for command in (["check", "--ignore", "I001"], ["format", "--check"]):
        subprocess.run([ruff, *command, "chute.py", "tests"], cwd=tmp_path, check=True)
