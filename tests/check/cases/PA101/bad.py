from chutes.chute import Chute

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


@chute.cord(path="/jobs/{id}", public_api_path="/jobs")  # expect
def generate(self, args: dict):
    return args
