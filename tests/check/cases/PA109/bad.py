from chutes.chute import Chute

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


@chute.cord(public_api_path="/evidence")  # expect
def generate(self, args: dict):
    return args


@chute.cord(public_api_path="hf_info/", public_api_method="GET", method="GET")  # expect
def about(self):
    return {"model": self.name}
