# what the pipeline runs for the chute
chutes warmup demo  # expect
