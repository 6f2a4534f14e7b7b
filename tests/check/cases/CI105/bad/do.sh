# what the pipeline runs for the chute
chutes keys list --config-path ci.ini  # expect
