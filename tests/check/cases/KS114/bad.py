import os
import pickle
import shlex
import subprocess
from base64 import b64decode

from chutes.chute import Chute
from pydantic import BaseModel

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")
SIZES = ("small", "large")


class Film(BaseModel):
    url: str
    steps: int
    size: str
    state_b64: str


def convert(address, steps):
    subprocess.run(f"ffmpeg -i {address} -t {steps} out.mp4", shell=True)  # expect


@chute.cord(public_api_path="/film")
def film(self, args: Film):
    source = args.url.strip()
    convert(source, args.steps)
    if args.size not in SIZES:
        raise ValueError
    os.system(f"echo {args.steps} {args.size} {shlex.quote(args.url)}")
    subprocess.run(["bash", "-c", "ls " + source])  # expect
    return pickle.loads(b64decode(args.state_b64))  # expect
