"""A generated repository as files: the one place that makes them, reads them and changes them."""
