from chutes.chute import Chute

chute = Chute(username="alice", name="demo")  # expect
