from chutes.chute import Chute

raise ValueError("no model here")
chute = Chute(username="alice", name="demo", image="alice/demo:1.0")
