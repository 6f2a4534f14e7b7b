from chutes.chute import NodeSelector

selector = NodeSelector(gpu_count=1, min_memory_gb=64)  # expect
