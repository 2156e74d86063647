"""Vuelve turns a first order into the next one."""

__version__ = "0.1.0"
