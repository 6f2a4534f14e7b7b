# what the pipeline runs for the chute
CHUTES_CONFIG_PATH=ci.ini chutes keys list
