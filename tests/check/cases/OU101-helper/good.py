import asyncio

from chutes.chute import Chute
from pydantic import BaseModel

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


class Answer(BaseModel):
    text: str


def made(text: str) -> dict:
    return Answer(text=text).model_dump()


async def waited(text: str) -> dict:
    answer = Answer(text=text)
    return answer.model_dump()


@chute.cord(public_api_path="/a")
async def a(self, args: dict):
    return await asyncio.to_thread(made, args["text"])


@chute.cord(public_api_path="/b")
async def b(self, args: dict):
    return await waited(args["text"])
