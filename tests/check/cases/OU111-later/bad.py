from chutes.chute import Chute
from fastapi import HTTPException, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel

DATA = b"..."
chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


class PageResponse(BaseModel):
    headers: list[str] = []


def picture(data: bytes) -> Response:
    return Response(data, 200, {"X-Seed": "1"}, "image/png")  # expect


def busy() -> None:
    raise HTTPException(429, "busy", headers={"Retry-After": "5"})  # expect


@chute.cord(public_api_path="/set")
def set_later(self, args: dict):
    answer = JSONResponse({"seed": 1})
    answer.headers["X-Seed"] = "1"  # expect
    answer.set_cookie("seed", "1")  # expect
    return answer


@chute.cord(public_api_path="/helped")
async def helped(self, args: dict):
    busy()
    return picture(DATA)


@chute.cord(public_api_path="/typed")
def typed(self, args: dict):
    return Response(DATA, headers={"Content-Type": "image/png"})  # expect
