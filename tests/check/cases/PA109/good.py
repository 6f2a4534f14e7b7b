from chutes.chute import Chute

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


@chute.cord(public_api_path="/verify")
def generate(self, args: dict):
    return args


@chute.cord(public_api_path="/v1/hf_info", public_api_method="GET", method="GET")
def about(self):
    return {"model": self.name}
