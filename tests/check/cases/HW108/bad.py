from chutes.chute import NodeSelector

selector = NodeSelector(exclude=["3090", "4090", "a5000", "l4", "a10", "a4000"])  # expect
