from chutes.chute import Chute

chute = Chute(username="alice", name="demo", image="alice/demo:1.0")


@chute.on_startup()
async def load(self):
    from audiocraft.models import MusicGen

    self.music = MusicGen.get_pretrained("a/b")


@chute.cord(public_api_path="/generate")
def generate(self, args: dict):
    from audiocraft.models import MusicGen

    music = MusicGen.get_pretrained("a/c")  # expect
    return music.generate(args)
