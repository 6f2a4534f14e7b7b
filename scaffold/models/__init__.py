"""Any language model by its name: what its config.json says, and whether an engine serves it.

`config` reads a config.json, `attention` says what a request keeps in memory, `weights` how large
the model is, `engines` what the pinned engines know, `parsers` its formats of tool calls and of
reasoning. `hub` asks the model hub, `entry` makes of all that what the catalog has of its models,
`named` puts it together, and `lookup` does so for the answers at hand.
"""
