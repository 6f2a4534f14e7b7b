# what the pipeline runs for the chute
echo y | chutes build chute:chute --include-cwd | grep built  # expect
