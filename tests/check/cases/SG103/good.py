from chutes.chute import Chute, NodeSelector

selector = NodeSelector(include=["pro_6000"])
prod = Chute(username="alice", name="demo", node_selector=selector)
staging = Chute(username="alice", name="demo-staging", node_selector=selector)
