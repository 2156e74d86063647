"""REMEMBER: the log and the tables in an open format, and DuckDB over it."""
