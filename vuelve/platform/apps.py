from django.apps import AppConfig


class PlatformConfig(AppConfig):
    name = "vuelve.platform"
    label = "platform"
