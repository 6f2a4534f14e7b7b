from chutes.chute import Chute
from fastapi import HTTPException

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


@chute.cord(public_api_path="/health", public_api_method="GET", method="GET")
def health(self):
    if not self.loaded:
        raise HTTPException(status_code=503)  # expect
    return {'loaded': self.loaded}
