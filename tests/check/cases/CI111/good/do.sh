# what the pipeline runs for the chute
curl -H 'Authorization: Bearer k' https://api.chutes.ai/chutes/warmup/demo
