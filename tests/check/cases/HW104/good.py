from chutes.chute import NodeSelector

selector = NodeSelector(include=["h100"])
