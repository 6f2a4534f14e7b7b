# what the pipeline runs for the chute
echo y | chutes deploy chute:chute --wait | grep deployed  # expect
