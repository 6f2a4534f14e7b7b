from chutes.chute import Chute

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


def get_whisper(self):
    from transformers import pipeline

    if self.whisper is None:
        self.whisper = pipeline("speech", model="/cache/whisper")  # expect
    return self.whisper


@chute.on_startup()
async def load(self):
    self.whisper = None


@chute.cord(public_api_path="/transcribe")
async def transcribe(self, args: dict):
    return get_whisper(self)(args["audio"])
