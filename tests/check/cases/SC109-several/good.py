from concurrent.futures import ThreadPoolExecutor

from chutes.chute import Chute

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


@chute.cord(public_api_path="/generate")
def generate(self, args: dict):
    with ThreadPoolExecutor() as pool:
        return [pool.submit(render, args), pool.submit(name, args)]
