"""Reads of the log and of what was refused, for the pages of developers."""
