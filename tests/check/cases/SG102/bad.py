from chutes.chute import Chute
from chutes.image import Image

one = Image(username="alice", name="demo", tag="1.0")
two = Image(username="alice", name="demo", tag="2.0")
prod = Chute(username="alice", name="demo", image=one)
staging = Chute(username="alice", name="demo-staging", image=two)  # expect
