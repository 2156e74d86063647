from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """Last in INSTALLED_APPS: when it is ready, all packages are, and their extensions are plugged in."""

    name = "vuelve.config"
    label = "config"

    def ready(self) -> None:
        from vuelve.config.wiring import wire

        wire()
