"""Answers in the platform's words, whatever the route."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from aiohttp import web
from pydantic import ValidationError

if TYPE_CHECKING:
    from support.platform_double.server import Double

DOUBLE: web.AppKey[Double] = web.AppKey("double")
#: Which of the API's processes answers a request, and who asks: the account or nobody.
PROCESS = web.RequestKey("process", int)
OWNER = web.RequestKey("owner", bool)


def refuse(status: int, detail: object) -> web.Response:
    """An error as the platform words it."""
    return web.json_response({"detail": detail}, status=status)


def crash() -> web.Response:
    """What an exception that the API does not catch looks like: no JSON."""
    return web.Response(status=500, text="Internal Server Error")


def unprocessable(problems: list[dict[str, Any]]) -> web.Response:
    """A request that FastAPI refuses before the API sees it."""
    return refuse(422, problems)


def problems_of(error: ValidationError, *place: str) -> list[dict[str, Any]]:
    """What pydantic says of a value, with where in the request the value was."""
    problems: list[dict[str, Any]] = [dict(one) for one in error.errors(include_url=False)]
    for problem in problems:
        problem["loc"] = [*place, *problem["loc"]]
        if "error" in problem.get("ctx", {}):
            problem["ctx"] = {"error": {}}
    return problems


def missing(*place: str) -> dict[str, Any]:
    """What FastAPI says of a value that is not there."""
    return {"type": "missing", "loc": list(place), "msg": "Field required", "input": None}


def page(request: web.Request, items: list[dict[str, Any]]) -> dict[str, Any]:
    """One page of a list."""
    number = int(request.query.get("page", 0) or 0)
    limit = int(request.query.get("limit", 25) or 25)
    some = items[number * limit : (number + 1) * limit]
    about = {"total": len(items), "page": number, "limit": limit}
    return {**about, "items": some, "cord_refs": None}


def moment(seconds: float) -> str:
    """A time as the API writes it."""
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")
