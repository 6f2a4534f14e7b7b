import os
import shlex

from chutes.chute import Chute
from pydantic import BaseModel

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


class Album(BaseModel):
    pictures: list[str]
    names: dict[str, str]


@chute.cord(public_api_path="/album")
def album(self, args: Album):
    for number, address in enumerate(args.pictures):
        os.system(f"aria2c {shlex.quote(address)} -o {number}.png")
    for _, name in args.names.items():
        os.system("mkdir " + shlex.quote(name))
    lines = [f"rm {shlex.quote(picture)}" for picture in sorted(args.pictures)]
    os.system(";".join(lines))
    command = "cat"
    command += " " + shlex.quote(args.pictures[0])
    os.system(command)
    return {"n": len(args.pictures)}
