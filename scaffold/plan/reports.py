"""Reads reports of loads: of `make load`, of guidellm and of vLLM's `vllm bench serve`.

Their fields, as their writers name them: chute-load/1 is chutekit/load/document.py of this version;
guidellm's schema 2 is guidellm 0.8.1, GenerativeBenchmarksReport.save_file; vLLM's is the JSON that
`vllm bench serve --save-result --save-detailed` of 0.32.0 writes, one document or one a line.
"""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from scaffold import foreign
from scaffold.errors import BadUsage
from scaffold.plan.measurements import Measurements, Stage

MOST_BYTES = 1 << 30
LEAST_REQUESTS = 20
EXPECTED = (
    "expected .chute/load.json of `make load`, benchmarks.json of guidellm, or the result of "
    "`vllm bench serve --save-result --save-detailed`"
)
#: Sent, first piece, end, tokens of prompt and answer, stage; None where it is not known.
Row = tuple[float, float | None, float, float | None, float | None, int]


def measurements(path: Path) -> Measurements:
    """What a report says; BadUsage with one sentence when it is none, or says too little."""
    documents = _documents(path)
    for kind in (_load, _guidellm, _vllm):
        try:
            found = kind(documents)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise BadUsage(
                f"{path} looks like a report of {kind.__name__[1:]} and cannot be read: {error!r}",
                hint=EXPECTED,
            ) from error
        if found:
            return _enough(path, found)
    raise BadUsage(f"{path} is no report of a load that is known here", hint=EXPECTED)


def _documents(path: Path) -> list[Any]:
    try:
        text = foreign.content(path, MOST_BYTES).decode("utf-8-sig")
    except OSError as error:
        raise BadUsage(f"cannot read {path}: {error.strerror or error}", hint=EXPECTED) from error
    except UnicodeDecodeError as error:
        raise BadUsage(f"{path} is no JSON", hint=EXPECTED) from error
    try:
        return [json.loads(text)]
    except (ValueError, RecursionError):
        pass
    try:
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    except (ValueError, RecursionError) as error:
        raise BadUsage(f"{path} is no JSON", hint=EXPECTED) from error


def _enough(path: Path, found: Measurements) -> Measurements:
    if len(found) < LEAST_REQUESTS:
        raise BadUsage(
            f"{path} has {len(found)} answered requests, too few to compute from: at least "
            f"{LEAST_REQUESTS}"
        )
    return found


def _load(documents: Sequence[Any]) -> Measurements | None:
    (document,) = documents[:1] or [None]
    if not isinstance(document, Mapping) or not str(document.get("format")).startswith(
        "chute-load"
    ):
        return None
    if document["format"] != "chute-load/1":
        raise ValueError(f"its format is {document['format']}, known is chute-load/1")
    place = {name: number for number, name in enumerate(document["requests"]["columns"])}

    def rows() -> Iterator[Row]:
        for row in document["requests"]["rows"]:
            if row[place["ended"]] != "answered":
                continue
            due, first = row[place["due_s"]], row[place["first_s"]]
            yield (
                due + row[place["late_s"]],
                None if first is None else due + first,
                due + row[place["whole_s"]],
                row[place["tokens_in"]],
                row[place["tokens_out"]],
                row[place["stage"]],
            )

    stages = [
        Stage(f"{rate:.3g} requests/s", rate)
        for entry in document["stages"]
        for rate in [(entry["rate"]["begin"] + entry["rate"]["end"]) / 2]
    ]
    target = document["target"]
    about = {name: str(target[name]) for name in ("name", "model", "backend") if name in target}
    return _made(
        "make load",
        list(rows()),
        stages,
        len(document["requests"]["rows"]),
        concurrency=target.get("concurrency"),
        about=about,
    )


def _guidellm(documents: Sequence[Any]) -> Measurements | None:
    (document,) = documents[:1] or [None]
    benchmarks = document.get("benchmarks") if isinstance(document, Mapping) else None
    if not isinstance(benchmarks, list) or "metadata" not in document:
        return None
    rows: list[Row] = []
    stages, total = [], 0
    for place, benchmark in enumerate(benchmarks):
        strategy = benchmark["config"]["strategy"]
        rate = strategy.get("rate")
        stages.append(Stage(str(strategy["type_"]) + (f" {rate:.3g}/s" if rate else ""), rate))
        requests = benchmark["requests"]
        good = requests["successful"]
        total += len(good) + len(requests["errored"]) + len(requests["incomplete"])
        for one in good:
            times = one["info"]["timings"]
            rows.append(
                (
                    times["request_start"],
                    times["first_token_iteration"],
                    times["request_end"],
                    one["prompt_tokens"],
                    one["output_tokens"],
                    place,
                )
            )
    if not rows:
        raise ValueError("it was saved without its requests (sample_size 0)")
    return _made("guidellm", rows, stages, total)


def _vllm(documents: Sequence[Any]) -> Measurements | None:
    if not all(isinstance(one, Mapping) and "request_throughput" in one for one in documents):
        return None
    rows: list[Row] = []
    stages, total, shift = [], 0, 0.0
    for place, one in enumerate(documents):
        if "start_times" not in one or "latencies" not in one:
            raise ValueError("it was saved without its requests; --save-detailed keeps them")
        rate = one.get("request_rate")
        known = rate if isinstance(rate, int | float) else None
        stages.append(Stage(f"{rate} requests/s", known))
        total += len(one["start_times"])
        # Each run has a clock of its own.
        begun = shift - min(one["start_times"], default=0.0)
        for start, first, whole, prompt, answer, error in zip(
            one["start_times"],
            one["ttfts"],
            one["latencies"],
            one["input_lens"],
            one["output_lens"],
            one["errors"],
            strict=True,
        ):
            if not error and whole > 0:
                sent = begun + start
                rows.append(
                    (sent, sent + first if first else None, sent + whole, prompt, answer, place)
                )
                shift = max(shift, sent + whole + 1)
    return _made("vllm bench serve", rows, stages, total)


def _made(
    source: str,
    rows: Sequence[Row],
    stages: Sequence[Stage],
    total: int,
    *,
    concurrency: int | None = None,
    about: Mapping[str, str] | None = None,
) -> Measurements:
    table = np.array(
        [[math.nan if value is None else float(value) for value in row] for row in rows]
    ).reshape(-1, 6)
    table = table[np.argsort(table[:, 0], kind="stable")]
    sent, first, end, prompt, answer, stage = table.T
    if not np.isfinite(table[:, [0, 2, 5]]).all() or (end < sent).any() or (first > end).any():
        raise ValueError("a request ends before it begins, or never")
    if (prompt < 0).any() or (answer < 0).any():
        raise ValueError("there are fewer than no tokens")
    if len(table) and not 0 <= stage.min() <= stage.max() < len(stages):
        raise ValueError("a request is of no stage")
    return Measurements(
        source,
        sent,
        first,
        end,
        prompt,
        answer,
        stage.astype(np.int64),
        tuple(stages),
        total - len(table),
        concurrency,
        dict(about or {}),
    )
