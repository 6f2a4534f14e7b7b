"""Pictures one at a time: a loaded pipeline, its turn on the GPU, the file that is sent."""
