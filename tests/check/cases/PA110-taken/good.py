from chutes.chute import Chute

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


@chute.cord(public_api_path="/v1/chat", passthrough=True, passthrough_port=10101)
def generate(self, args: dict):
    return args
