"""The command line `llm`: https://github.com/simonw/llm"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from common import ANSWER, CALL, HELLO, KEY, MODEL, RESULT, SCHEMA, URL, feature, run, same

FOLDER = tempfile.mkdtemp()
MODELS = f"""\
- model_id: chute
  model_name: {MODEL}
  api_base: {URL}
  api_key_name: chute
  supports_tools: true
  supports_schema: true
- model_id: chute-text
  model_name: {MODEL}
  api_base: {URL}
  api_key_name: chute
  completion: true
"""
Path(FOLDER, "extra-openai-models.yaml").write_text(MODELS)
Path(FOLDER, "keys.json").write_text(json.dumps({"chute": KEY}))
WEATHER = f'def weather(city: str) -> str:\n    "Tell the weather."\n    return {RESULT!r}\n'


def llm(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "llm", *arguments],
        env=os.environ | {"LLM_USER_PATH": FOLDER},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-1000:]
    return done.stdout


@feature("stream")
def stream() -> None:
    same(llm("-m", "chute", HELLO), ANSWER)
    same(llm("-m", "chute", "--continue", "-s", "Be short.", HELLO), ANSWER)


@feature("chat")
def chat() -> None:
    same(llm("-m", "chute", "--no-stream", HELLO), ANSWER)


@feature("tools")
def tools() -> None:
    same(llm("-m", "chute", "--functions", WEATHER, CALL), ANSWER)


@feature("JSON schema")
def schema() -> None:
    same(json.loads(llm("-m", "chute", "--schema", json.dumps(SCHEMA), HELLO)), {"answer": "stub"})


@feature("completions")
def completions() -> None:
    same(llm("-m", "chute-text", HELLO), ANSWER)


run()
