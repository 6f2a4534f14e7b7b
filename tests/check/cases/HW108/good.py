from chutes.chute import NodeSelector

selector = NodeSelector(exclude=["3090", "4090"])
