"""SGLang: its command line and the request fields that are its own."""
