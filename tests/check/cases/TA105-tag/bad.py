import os

from chutes.chute import Chute
from chutes.image import Image

TAG = "1.0"
image = Image(username="alice", name="demo", tag=os.environ.get("TAG", TAG), readme="A demo.")  # expect
image.from_base("parachutes/python:3.12.9")
chute = Chute(username="alice", name="demo", image=image)
