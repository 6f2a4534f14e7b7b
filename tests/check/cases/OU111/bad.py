from chutes.chute import Chute
from fastapi import Response

DATA = b"..."
chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


@chute.cord(public_api_path="/generate")
def generate(self, args: dict):
    return Response(DATA, headers={'X-Seed': '1'})  # expect
