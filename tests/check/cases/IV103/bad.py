from chutes.chute import Chute
from fastapi import UploadFile

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


@chute.cord(public_api_path="/generate")
def generate(self, file: UploadFile):  # expect
    return {'n': 1}
