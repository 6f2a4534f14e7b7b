import traceback
from chutes.chute import Chute
from fastapi import HTTPException
from loguru import logger

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


@chute.cord(public_api_path="/generate")
def generate(self, args: dict):
    logger.error(traceback.format_exc())
    raise HTTPException(400)
