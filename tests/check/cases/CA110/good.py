import requests
from chutes.chute import Chute

chute = Chute(username="alice", name="demo", image="alice/demo:1.0", allow_external_egress=True)


@chute.cord(public_api_path="/generate")
def generate(self, args: dict):
    return {'n': len(requests.get(args['url']).content)}
