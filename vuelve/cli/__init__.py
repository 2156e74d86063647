"""The `vuelve` command. Thin: parses, starts what is needed, calls services."""
