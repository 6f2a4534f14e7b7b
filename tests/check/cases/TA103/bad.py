from chutes.chute import Chute

chute = Chute(username="alice", name="demo", image="nvidia/cuda:12.4.1")  # expect
