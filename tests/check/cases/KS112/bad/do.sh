# what the pipeline runs for the chute
curl https://alice-demo.chutes.ai/generate -H "X-API-Key: $KEY"  # expect
