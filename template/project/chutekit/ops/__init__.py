"""Build, stage, smoke-test, promote and roll back this chute, from a laptop or a pipeline."""
