"""`chute-new create`: from answers to a verified repository at its destination."""
