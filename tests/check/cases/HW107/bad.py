from chutes.chute import NodeSelector

selector = NodeSelector(max_hourly_price_per_gpu=12)  # expect
