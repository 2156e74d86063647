"""Pages for developers: what arrived, what was refused and why, what is in it, how to connect."""
