from chutes.chute import NodeSelector

selector = NodeSelector(gpu_count=9)  # expect
