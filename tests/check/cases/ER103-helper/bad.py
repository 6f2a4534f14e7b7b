from chutes.chute import Chute

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


def answer(data):
    try:
        return {"text": "".join(data)}
    except Exception as error:
        return {"text": "", "reason": str(error)}  # expect


@chute.cord(public_api_path="/generate")
async def generate(self, args: dict):
    return answer(args)
