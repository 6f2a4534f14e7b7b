"""What the process says and hears: results, progress, signals, the report about a defect."""
