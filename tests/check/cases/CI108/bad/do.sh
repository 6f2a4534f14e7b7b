# what the pipeline runs for the chute
chute keys list  # expect
chute
