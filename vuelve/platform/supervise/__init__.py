"""Runs the processes of one machine in the foreground: starts them, restarts them, ends with them."""

from vuelve.platform.supervise.supervisor import Child, supervise

__all__ = ["Child", "supervise"]
