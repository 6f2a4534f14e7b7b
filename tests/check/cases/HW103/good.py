from chutes.chute import NodeSelector

selector = NodeSelector(include=["4090"])
