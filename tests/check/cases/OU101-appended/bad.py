from chutes.chute import Chute
from pydantic import BaseModel


class Answer(BaseModel):
    text: str


chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


@chute.cord(public_api_path="/split")
def split(self, args: dict):
    found = []
    for word in str(args).split():
        found.append(Answer(text=word))  # expect
    return {"found": found, "total": len(found)}
