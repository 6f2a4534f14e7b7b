from chutes.chute import Chute

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


@chute.on_startup()
async def load(self):
    try:
        from diffusers import FluxPipeline

        self.pipe = FluxPipeline.from_pretrained("/cache/flux")
    except Exception as e:
        self.log.error(f"failed to load: {e}")
        raise


@chute.on_startup()
async def second(self):
    from transformers import AutoModel

    try:
        self.small = AutoModel.from_pretrained("/cache/a")
    except Exception:
        self.small = AutoModel.from_pretrained("/cache/b")
