# what the pipeline runs for the chute
chutes secrets create --purpose demo --key HF_TOKEN --value $T
