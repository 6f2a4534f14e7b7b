"""Pictures one at a time: a loaded pipeline, and the file that is sent."""
