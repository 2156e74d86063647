from django.apps import AppConfig


class ShopsConfig(AppConfig):
    name = "vuelve.shops"
    label = "shops"
