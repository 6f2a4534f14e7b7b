"""Logs are JSON lines that quote nobody."""

import json
import subprocess
import sys
from typing import Any

import pytest
from chutekit.testing.fixtures import MARKER
from chutekit.testing.running import ROOT


def logged(program: str, **environment: str) -> list[dict[str, Any]]:
    """What a program with the chute's logging writes, every line of it parsed."""
    done = subprocess.run(
        [sys.executable, "-c", f"from chutekit.serving import logs\nlogs.configure()\n{program}"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert MARKER not in done.stdout + done.stderr
    assert done.stderr == ""
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.whole
def test_a_librarys_warning_keeps_its_origin_and_loses_its_text() -> None:
    (line,) = logged(f"import logging\nlogging.getLogger('diffusers').warning('cut: {MARKER}')")
    assert (line["logger"], line["level"]) == ("diffusers", "warning")
    assert line["at"].endswith(":<module>")


@pytest.mark.whole
def test_python_warnings_are_not_quoted_either() -> None:
    logged(f"import warnings\nwarnings.warn('{MARKER}')")


@pytest.mark.whole
def test_an_exception_is_told_by_type_and_place() -> None:
    (line,) = logged(f"try:\n 1 / 0\nexcept Exception as e: raise ValueError('{MARKER}') from e")
    assert line["event"] == "uncaught_exception"
    assert line["error"] == "ValueError"
    assert line["cause"].startswith("ZeroDivisionError at ")


@pytest.mark.whole
def test_an_exception_in_a_thread_is_told_the_same_way() -> None:
    program = f"import threading\ndef f(): raise ValueError('{MARKER}')\n"
    (line,) = logged(program + "t = threading.Thread(target=f); t.start(); t.join()")
    assert line["error"] == "ValueError"


@pytest.mark.whole
def test_the_sdks_own_lines_become_json() -> None:
    (line,) = logged("from loguru import logger\nlogger.info('hello\\nsecond line')")
    assert line["message"] == "hello"


@pytest.mark.whole
def test_secrets_are_blanked_where_start_up_quotes_an_error() -> None:
    (line,) = logged(
        "logs.event('x', reason=logs.first_line(ValueError('no access with hf_abcdef')))",
        HF_TOKEN="hf_abcdef",
    )
    assert line["reason"] == "ValueError: no access with ***"
