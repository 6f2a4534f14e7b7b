from chutes.chute import Chute
from pydantic import BaseModel, Field

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


class Message(BaseModel):  # expect
    content: str


class Args(BaseModel):
    messages: list[Message] = Field(max_length=9)


@chute.cord(public_api_path="/chat")
async def chat(self, args: Args):
    return {"messages": len(args.messages)}
