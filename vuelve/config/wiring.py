"""Every extension that is plugged in, by name. Adding one is one line here."""

from vuelve.platform.extension import Registry, registry


def wire(into: Registry = registry) -> None:
    """Fill the registry; called once, when all packages are loaded."""
