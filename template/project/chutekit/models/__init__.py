"""A model in this process: how it is loaded, its turns on the GPU, what becomes of its failures."""
