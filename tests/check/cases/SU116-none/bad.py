from chutes.chute import Chute
from loguru import logger

from robots import Policy

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")
_policy = None


@chute.on_startup()
def load(self):
    global _policy
    try:
        _policy = Policy("/app/weights")
    except Exception:  # expect
        logger.exception("no policy")
        _policy = None


@chute.cord(public_api_path="/act")
def act(self, data: dict):
    return {"action": _policy.act(str(data.get("seen")))}
