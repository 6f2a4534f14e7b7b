from chutes.chute import Chute

my_chute = Chute(username="alice", name="demo", image="alice/demo:1.0")
