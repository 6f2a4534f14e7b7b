import os
import redis
from chutes.chute import Chute

chute = Chute(username="alice", name="demo", image="alice/demo:1.0", allow_external_egress=True)


@chute.on_startup()
async def load(self):
    self.redis = redis.from_url(os.getenv("REDIS_URL"))
