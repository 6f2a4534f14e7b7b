# what the pipeline runs for the chute
chutes secrets create --key HF_TOKEN --value $T  # expect
