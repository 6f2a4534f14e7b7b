from chutes.chute import Chute

MyChute = Chute(username="alice", name="demo", image="alice/demo:1.0")  # expect
