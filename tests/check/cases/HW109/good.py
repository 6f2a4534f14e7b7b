from chutes.chute import NodeSelector

selector = NodeSelector(include=["l40s"], min_vram_gb_per_gpu=48)
