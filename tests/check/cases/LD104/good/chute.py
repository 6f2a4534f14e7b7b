from chutes.chute import Chute, NodeSelector

def version():
    v = "v"
    v += "1"
    return v


chute = Chute(username="alice", name="demo", image="alice/demo:1.0", tee=True, node_selector=NodeSelector(gpu_count=1))


@chute.cord(public_api_path=f"/v1/{version()}")
def generate(self, args: dict):
    return args
