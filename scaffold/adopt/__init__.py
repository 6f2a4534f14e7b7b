"""`chute-new adopt`: from somebody's prototype to a repository, without running it."""
