from chutes.chute import NodeSelector

selector = NodeSelector(include=["rtx4090"])  # expect
