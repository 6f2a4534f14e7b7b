from chutes.chute import Chute

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


@chute.cord(public_api_path="/small")
def small(self, args: dict):
    return args


@chute.cord(public_api_path="/small")  # expect
def large(self, args: dict):
    return args
