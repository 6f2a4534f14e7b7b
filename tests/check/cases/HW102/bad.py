from chutes.chute import Chute, NodeSelector

chute = Chute(username="alice", name="demo", image="alice/demo:1.0", node_selector=NodeSelector(include=["h100"]))  # expect
