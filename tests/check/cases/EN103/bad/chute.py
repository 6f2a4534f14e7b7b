import broken
from chutes.chute import Chute

chute = Chute(username="alice", name="demo", image="alice/demo:1.0", tagline=broken.x)
