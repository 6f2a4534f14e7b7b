from chutes.chute import NodeSelector

selector = NodeSelector(min_vram_gb_per_gpu=8)  # expect
