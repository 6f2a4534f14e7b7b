from chutes.chute import Chute

chute = Chute(username="alice", name="my-chute", image="alice/demo:1.0")
