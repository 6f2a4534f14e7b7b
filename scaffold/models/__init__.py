"""Any language model by its name: what its config.json says, and whether the pinned engines serve it.

`config` reads a config.json, `attention` what a request keeps in memory, `weights` how large the
model is, `engines` what the engines know, `parsers` its formats of tool calls and of reasoning, `hub`
asks the model hub, `entry` makes of all that what the catalog has of its models, and `named` does it
for the answers at hand.
"""
