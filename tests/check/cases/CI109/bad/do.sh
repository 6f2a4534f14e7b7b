# what the pipeline runs for the chute
echo y | CHUTES_EXECUTION_CONTEXT=REMOTE chutes build chute:chute | grep built  # expect
