"""Send an open-loop load to staging or an address, and write what came of it: `make load`.

Requests are sent when they are due and measured from then on. The report is .chute/load.json, which
`chute-new plan REPO --measured FILE` reads, and a page with plots beside it.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from chutekit.load import page
from chutekit.load.bodies import Unreadable, exactly, from_file, generated
from chutekit.load.document import Report, late, rate_of
from chutekit.load.goals import Search, all_reached
from chutekit.load.schedule import Stage, due, steady
from chutekit.load.sending import Run, Target, play
from chutekit.ops.aim import Aim, address, staging
from chutekit.ops.asked import Asked, add_options, read
from chutekit.ops.bill import Bill
from chutekit.ops.command import (
    NO,
    REFUSED,
    USAGE,
    Line,
    Problem,
    Result,
    options,
    run,
    say,
)
from chutekit.ops.declared import chute_module, settings
from chutekit.ops.notes import store
from chutekit.ops.probes import Load

#: Tokens of an answer where nothing else is asked for.
ANSWER_TOKENS = 300
#: Requests before the first that counts: some engines compile at the first of a kind.
TRIALS = 2
#: Where nobody sees a line change, it is told this often.
TOLD_SECONDS = 10.0
#: Stops that are not the user's.
OVER_BUDGET = "max-usd"


def load(arguments: argparse.Namespace) -> Result:
    """Say what it costs, send the load, write the report."""
    place = address(arguments.url, _dollars(arguments)) if arguments.url else staging()
    chute_module()  # which the module of the probes imports; its mistakes are told in words
    # Reads chute.py, and so the SDK, which must come after sign_in.
    kind: Load = importlib.import_module(settings().probes).LOAD
    usual = arguments.path or next(iter(kind.asking))
    answers = ANSWER_TOKENS if kind.streamed else 0
    asked = read(arguments, path=usual, words=kind.words, answer_tokens=answers)
    bodies = _bodies(asked, kind)
    bill = place.bill(asked.max_usd)
    _affordable(bill, asked)
    with place.opened() as aim:
        _try_out(aim, asked.path, next(bodies))
        report = Report(
            time=time.time(),
            asked=asked.as_json(),
            target={**aim.facts, "path": asked.path},
            cost=bill.as_json(asked.longest_seconds),
        )
        try:
            _Player(aim, asked, bodies, bill, report).play()
        except KeyboardInterrupt:
            report.stopped = "interrupted"
            _write(report, asked.output)
            raise
    return _result(report, asked)


def _dollars(arguments: argparse.Namespace) -> float:
    try:
        price = float(arguments.usd_per_hour)
    except ValueError:
        price = -1.0
    if not 0 <= price < 1e6:
        raise Problem(f"--usd-per-hour: {arguments.usd_per_hour!r} is no price.", status=USAGE)
    return price


def _bodies(asked: Asked, kind: Load) -> Iterator[bytes]:
    asking = kind.asking.get(asked.path)
    if asking is None:
        if asked.prompts is None:
            known = ", ".join(kind.asking)
            raise Problem(
                f"Nobody knows what to send to {asked.path}; --path takes {known}.",
                "Of another endpoint, --prompts FILE has whole bodies, a JSON object a line.",
                USAGE,
            )

        def asking(text: str) -> dict[str, Any]:
            raise Unreadable(f"Lines for {asked.path} must be whole bodies as JSON objects.")

    streamed = {} if asked.whole else kind.streamed
    if asked.prompts:
        longest = exactly(asked.tokens_out.least) if asked.tokens_out else {}
        try:
            return from_file(asked.prompts, asking, streamed | longest, asked.seed)
        except Unreadable as error:
            raise Problem(str(error), status=USAGE) from error
    assert asked.tokens_in
    made = asking
    return generated(
        lambda text: made(text) | streamed, asked.tokens_in, asked.tokens_out, asked.seed
    )


def _affordable(bill: Bill, asked: Asked) -> None:
    say(bill.says(asked.longest_seconds))
    if not bill.allows(asked.longest_seconds):
        raise Problem(
            f"That is more than --max-usd {asked.max_usd:g}; nothing was sent.",
            "Fewer --seconds, less --patience, or a larger --max-usd.",
            REFUSED,
        )


def _try_out(aim: Aim, path: str, body: bytes) -> None:
    """Send what will be sent, unmeasured: what is refused once would be refused always."""
    for _ in range(TRIALS):
        answer = aim.calls.send_bytes(path, body)
        if answer.status in (400, 401, 402, 403, 404, 405, 413, 422):
            reason = str(answer.error().get("message") or "it gives no reason")[:300]
            raise Problem(
                f"{path} answers {answer.status} to what would be sent: {reason}",
                "--tokens-in, --tokens-out, --prompts and --path say what is sent.",
                NO,
            )


class _Player:
    """Sends block after block, and puts what comes of it into the report."""

    def __init__(
        self, aim: Aim, asked: Asked, bodies: Iterator[bytes], bill: Bill, report: Report
    ) -> None:
        self.asked, self.bodies, self.bill, self.report = asked, bodies, bill, report
        self.target = Target(aim.calls.url, asked.path, aim.calls.headers())
        self.begun = time.monotonic()
        self.line = Line(aim.facts["name"])
        self.told = float("-inf")
        self.rate = ""

    def play(self) -> None:
        """Send all of it, or until it may go on no longer."""
        if self.asked.search:
            self._search()
        else:
            for block in self.asked.blocks:
                self._block(block)
                if self.report.stopped:
                    break
        self.line.end()

    def _search(self) -> None:
        search = Search(self.asked.blocks[0][0].rate)
        for place, rate in enumerate(search.rates()):
            self._block(steady(rate, self.asked.seconds))
            if self.report.stopped:
                break
            figures = self.report.stage(place)["figures"]
            did = all_reached(self.asked.goals, self.asked.failed_share, figures)
            self.line.end()
            say(f"  {rate:.3g} requests per second: {'within' if did else 'not within'} the goal")
            search.tell(rate, did)
        self.report.found = search.found()

    def _block(self, stages: list[Stage]) -> None:
        report, run_ = self.report, Run()
        self.rate = f"{stages[0].begin:.3g}" + (
            f" to {stages[-1].end:.3g}" if len(stages) > 1 else ""
        )
        first, begin = len(report.stages), time.monotonic() - self.begun
        for stage in stages:
            report.stages.append(stage)
            report.begins.append(begin + sum(one.seconds for one in report.stages[first:-1]))
        timetable = due(stages, even=self.asked.even, seed=self.asked.seed + first)
        try:
            asyncio.run(
                play(
                    self.target,
                    timetable,
                    self.bodies,
                    patience=self.asked.patience,
                    watch=self._watch,
                    run=run_,
                )
            )
        finally:
            report.stopped = run_.stopped
            report.outcomes += [
                replace(one, stage=one.stage + first, due_s=one.due_s + begin)
                for one in run_.outcomes
            ]

    def _watch(self, seconds: float, run_: Run) -> str:
        elapsed = time.monotonic() - self.begun
        failed = sum(1 for one in run_.outcomes if not one.ok)
        if self.line.inplace or elapsed - self.told >= TOLD_SECONDS:
            answered = len(run_.outcomes) - failed
            self.line.show(
                f"{self.rate} a second: {run_.sent} sent, {run_.in_flight} in flight, "
                f"{answered} answered, {failed} failed",
                elapsed,
            )
            self.told = elapsed
        return "" if self.bill.allows(elapsed) else OVER_BUDGET


def _write(report: Report, output: Path) -> dict[str, Any]:
    document = report.as_json()
    store(output, document, indent=None)
    output.with_suffix(".html").write_text(page.html(document), encoding="utf-8")
    return document


def _result(report: Report, asked: Asked) -> Result:
    if asked.goals:
        found = map(report.stage, range(len(report.stages)))
        report.reached = (
            bool(report.found and report.found["rate"])
            if asked.search
            else all(all_reached(asked.goals, asked.failed_share, one["figures"]) for one in found)
        )
    document = _write(report, asked.output)
    facts = {name: value for name, value in document.items() if name != "requests"}
    answered = document["figures"]["answered"]
    ok = bool(answered) and report.reached is not False and not report.stopped
    return Result("\n".join(_text(document, asked.output)), facts, ok=ok)


def _text(document: dict[str, Any], output: Path) -> Iterator[str]:
    yield "  rate/s  answered/s   first token      whole answer               tokens/s  failed"
    yield "                       p50     p95      p50     p95 (95 % certain)  "
    for rate, stage in zip(rate_of(document["stages"]), document["stages"], strict=True):
        yield _row(rate, stage["figures"])
    whole = document["figures"]
    if whole["failed"]:
        kinds = ", ".join(f"{count} x {kind}" for kind, count in whole["failed"].items())
        yield f"Failed: {kinds}."
    if lateness := late(whole):
        yield (
            f"This machine sent 1 of 100 requests more than {lateness:.2f} s late: so much of the "
            "figures is its own."
        )
    if document["stopped"] == OVER_BUDGET:
        yield "Stopped: more would have cost more than --max-usd."
    if found := document["found"]:
        yield _found(found)
    if document["reached"] is False:
        yield f"Missed: {', '.join(document['asked']['goals'])}."
    yield f"Report: {output} and {output.with_suffix('.html')}"


def _found(found: dict[str, Any]) -> str:
    if found["rate"] is None:
        return f"No rate meets the goal; the lowest tried was {found['failed_at']:.3g}."
    beyond = f", {found['failed_at']:.3g} do not" if found["failed_at"] else ""
    return f"{found['rate']:.3g} requests per second meet the goal{beyond}."


def _row(rate: float, figures: dict[str, Any]) -> str:
    whole = figures["whole_s"] or {}
    return (
        f"  {rate:>6.3g}  {figures['answered_per_second']:>10.3g}   "
        f"{_cell(figures['first_token_s'], 'p50')} {_cell(figures['first_token_s'], 'p95')}  "
        f"{_cell(whole, 'p50')} {_cell(whole, 'p95')} {_between(whole):<17} "
        f"{figures['tokens_out_per_second']:>8.4g}  {figures['failed_share']:>6.1%}"
    )


def _cell(spread: dict[str, Any] | None, share: str) -> str:
    if not spread:
        return f"{'-':>7}"
    value = spread[share]["value"]
    return f"{'never':>7}" if value is None else f"{value:>7.3f}"


def _between(spread: dict[str, Any]) -> str:
    if not spread:
        return ""
    low, high = spread["p95"]["low"], spread["p95"]["high"]
    return f"({'?' if low is None else f'{low:.3f}'} to {'?' if high is None else f'{high:.3f}'})"


if __name__ == "__main__":
    parser = options(__doc__)
    add_options(parser)
    run(load, parser)
