from chutes.chute import Chute
from faces.pipelines import FacePipeline

chute = Chute(username="alice", name="demo", image="alice/demo:1.0", concurrency=4)  # expect


@chute.on_startup()
async def load(self):
    self.pipe = FacePipeline("faces")
