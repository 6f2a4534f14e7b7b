import os
from pathlib import Path

from chutes.chute import Chute
from pydantic import BaseModel, Field

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


class Take(BaseModel):
    name: str
    slug: str = Field(pattern="^[a-z]+$")


@chute.cord(public_api_path="/read")
def read(self, args: Take):
    open(f"/cache/{args.slug}.txt").close()
    open(os.path.join("/cache", os.path.basename(args.name))).close()
    return Path("/cache", "one.txt").read_text()
