from chutes.chute import Chute

MAX_INSTANCES = 3
chute = Chute(username="alice", name="demo", image="alice/demo:1.0", max_instances=MAX_INSTANCES)
