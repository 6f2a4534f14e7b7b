import subprocess

from chutes.chute import Chute

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


@chute.on_startup()
async def load(self):
    self.engine = subprocess.Popen(["engine", "--port", "10101"])
    self.engine.wait(5)


@chute.cord(public_api_path="/chat", passthrough=True, passthrough_port=10101)
def chat(self, args: dict): ...
