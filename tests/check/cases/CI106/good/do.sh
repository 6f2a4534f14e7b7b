# what the pipeline runs for the chute
chutes chutes get demo
