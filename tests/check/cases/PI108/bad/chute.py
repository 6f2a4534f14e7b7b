from chutes.chute import Chute
from chutes.image import Image

image = Image(username="alice", name="demo", tag="1.0")
chute = Chute(username="alice", name="demo", image=image)
