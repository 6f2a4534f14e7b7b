from chutes.chute import Chute

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


@chute.cord(public_api_path="/number")
async def number(self, data: dict):
    try:
        found = int(data["number"])
    except KeyError as missing:
        return {"why": repr(missing.args)}
    except ValueError as wrong:
        return {"why": repr(wrong.args)}
    return {"number": found}
