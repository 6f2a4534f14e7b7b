from typing import Optional

from chutes.chute import Chute

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


@chute.cord(public_api_path="/find")
def find(self, text: Optional[dict] = None, limit: int = 5):
    return {"found": str(text), "limit": limit}
