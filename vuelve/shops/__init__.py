"""Tenants, members and roles, API keys, sign-in, audit log."""
