from chutes.chute import Chute

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


@chute.on_startup()
async def load(self):
    self.engine = print


@chute.cord(public_api_path="/chat", passthrough=True, passthrough_port=10101)  # expect
def chat(self, args: dict): ...
