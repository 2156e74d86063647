"""Who carries messages: one folder each. Adding one is that folder and a line in config/wiring.py."""
