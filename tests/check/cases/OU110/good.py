from chutes.chute import Chute
from fastapi import Response

DATA = b"..."
chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


@chute.cord(public_api_path="/generate", output_content_type='image/png')
def generate(self, args: dict):
    return Response(DATA, media_type='image/png')
