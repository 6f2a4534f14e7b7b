from chutes.chute import Chute

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


@chute.cord(public_api_path="/classify")
async def classify(self, data: dict):
    print(f"classified {len(data['texts'])}")
    text = "loaded"
    print(f"state: {text}")
    return data
