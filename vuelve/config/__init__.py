"""Composition root: settings, urls, wiring. May import everything; nothing imports it."""
