import threading

from chutes.chute import Chute
from fastapi import HTTPException

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


places = threading.Semaphore(4)


@chute.cord(public_api_path="/generate")
def generate(self, args: dict):
    try:
        places.release()
    except Exception as error:
        raise HTTPException(429, detail="all places are taken") from error  # expect
    return args
