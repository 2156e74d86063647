"""E-mail that stays here: for trying things out, for replays, and for shops that only want to look."""
