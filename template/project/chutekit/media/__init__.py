"""Pictures, sound and documents in a JSON body: bounded, recognised, and named when wrong."""
