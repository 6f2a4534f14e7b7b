from chutes.chute import NodeSelector

selector = NodeSelector(exclude=["rtx4090"])  # expect
