import subprocess

from chutes.chute import Chute

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


@chute.on_startup()
async def start(self):
    subprocess.Popen(["words", "serve"], stdout=subprocess.PIPE)  # expect


@chute.cord(public_api_path="/generate", passthrough=True, passthrough_port=9000)
async def generate(self, data: dict):
    return data
