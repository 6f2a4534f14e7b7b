import os

from chutes.chute import Chute
from pydantic import BaseModel

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


class Album(BaseModel):
    pictures: list[str]
    names: dict[str, str]


@chute.cord(public_api_path="/album")
def album(self, args: Album):
    for number, address in enumerate(args.pictures):
        os.system(f"aria2c {address} -o {number}.png")  # expect
    for _, name in args.names.items():
        os.system("mkdir " + name)  # expect
    lines = [f"rm {picture}" for picture in sorted(args.pictures)]
    os.system(";".join(lines))  # expect
    command = "cat"
    command += " " + args.pictures[0]
    os.system(command)  # expect
    return {"n": len(args.pictures)}
