from chutes.chute import NodeSelector

selector = NodeSelector(include=["H100"])  # expect
