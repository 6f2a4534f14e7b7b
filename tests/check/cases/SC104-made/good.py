from chutes.chute import Chute
from faces.pipelines import FacePipeline

chute = Chute(username="alice", name="demo", image="alice/demo:1.0", concurrency=1)


@chute.on_startup()
async def load(self):
    self.pipe = FacePipeline("faces")
