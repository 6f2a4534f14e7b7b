# what the pipeline runs for the chute
chutes keys create --name app --action invoke --chute-ids a,b  # expect
