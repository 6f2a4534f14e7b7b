# what the pipeline runs for the chute
chutes keys list
chute
