from django.apps import AppConfig


class ShopsConfig(AppConfig):
    name = "vuelve.shops"
    label = "shops"

    def ready(self) -> None:
        from vuelve.shops.accounts import signals

        signals.connect()
