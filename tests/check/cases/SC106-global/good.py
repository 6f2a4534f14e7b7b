from threading import Lock

from chutes.chute import Chute

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")
count = 0
lock = Lock()


@chute.cord(public_api_path="/generate")
def generate(self, args: dict):
    global count
    mine = 0
    mine += 1
    with lock:
        count += 1
    return args
