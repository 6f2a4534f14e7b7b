from pathlib import Path

from chutes.chute import Chute
from chutes.image import Image

about = Path("README.md").read_text()  # expect
image = Image(username="alice", name="demo", tag="1.0", readme="A demo.")
chute = Chute(username="alice", name="demo", readme=about, image=image)


@chute.cord(public_api_path="/generate")
def generate(self, args: dict):
    return args
