import subprocess
import sys

from chutes.chute import Chute

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


@chute.on_startup()
async def load(self):
    subprocess.check_call([sys.executable, "-m", "words", "install"])
    self.ready = sys.version


@chute.cord(public_api_path="/version")
async def version(self, data: dict):
    return {"version": self.ready, "n": len(data)}
