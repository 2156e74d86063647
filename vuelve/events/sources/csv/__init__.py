"""Files of comma-separated values as a source of events."""
