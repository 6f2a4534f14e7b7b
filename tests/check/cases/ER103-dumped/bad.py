from chutes.chute import Chute
from pydantic import BaseModel


class Answer(BaseModel):
    text: str
    reason: str = ""


chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


def answer(data):
    try:
        return Answer(text="".join(data))
    except Exception as error:
        return Answer(text="", reason=str(error))  # expect


@chute.cord(public_api_path="/generate")
async def generate(self, args: dict):
    return answer(args).model_dump()
