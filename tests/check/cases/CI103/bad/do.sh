# what the pipeline runs for the chute
chutes build chute:chute --wait | grep built  # expect
