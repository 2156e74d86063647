"""Pure functions: who an event belongs to, what its traits and consents say. No database, no clock."""
