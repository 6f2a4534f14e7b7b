"""An inference engine as a child process, and the relay of requests to it."""
