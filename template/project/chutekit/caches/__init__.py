"""Results of identical deterministic requests, remembered."""
