# what the pipeline runs for the chute
echo y | chutes build chute:chute | grep built
