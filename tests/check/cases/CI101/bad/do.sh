# what the pipeline runs for the chute
chutes chutes logs demo  # expect
