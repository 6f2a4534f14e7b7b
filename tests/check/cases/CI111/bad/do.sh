# what the pipeline runs for the chute
curl https://api.chutes.ai/chutes/warmup/demo  # expect
