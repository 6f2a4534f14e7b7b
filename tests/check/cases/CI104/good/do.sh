# what the pipeline runs for the chute
echo y | chutes deploy chute:chute | tee log; grep 'Successfully deployed' log
