from chutes.chute import Chute
from loguru import logger

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


@chute.cord(public_api_path="/generate")
def generate(self, args: dict):
    logger.info(f'token: {token}')  # expect
    return args
