"""`python -m vuelve` is the `vuelve` command."""

from vuelve.cli.main import main

main()
