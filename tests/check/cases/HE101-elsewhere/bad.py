from chutes.chute import Chute

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")  # expect
print(chute)


@chute.cord(public_api_path="/generate")
def generate(self, data: dict):
    return {"n": len(data)}
