from django.apps import AppConfig


class CommerceConfig(AppConfig):
    name = "vuelve.commerce"
    label = "commerce"
