"""What a report looks like in each format."""
