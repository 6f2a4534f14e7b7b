from chutes.chute import Chute
from fastapi import HTTPException, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel

DATA = b"..."
chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


class PageResponse(BaseModel):
    headers: list[str] = []


def picture(data: bytes) -> Response:
    return Response(data, 200, {}, "image/png")


def busy() -> None:
    raise HTTPException(429, "busy", headers=None)


@chute.cord(public_api_path="/set")
def set_later(self, args: dict):
    answer = JSONResponse({"seed": 1})
    return answer


@chute.cord(public_api_path="/helped")
async def helped(self, args: dict):
    busy()
    return picture(DATA)


@chute.cord(public_api_path="/typed")
def typed(self, args: dict):
    return Response(DATA, headers={"Content-Type": "image/png"}, media_type="image/png")


@chute.cord(public_api_path="/page")
def page(self, args: dict):
    return PageResponse(headers=["title"]).model_dump()
