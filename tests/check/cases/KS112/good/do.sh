# what the pipeline runs for the chute
curl https://alice-demo.chutes.ai/generate -H "Authorization: Bearer $KEY"
