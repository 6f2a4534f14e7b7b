from chutes.chute import Chute, NodeSelector

prod = Chute(username="alice", name="demo", node_selector=NodeSelector(include=["pro_6000"]))
staging = Chute(username="alice", name="demo-staging", node_selector=NodeSelector(include=["l40s"]))  # expect
