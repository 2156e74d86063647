"""Stores whose customers, orders and products come in by themselves. One folder a kind of store."""
