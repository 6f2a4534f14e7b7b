from chutes.chute import NodeSelector

selector = NodeSelector(exclude=["4090"])
