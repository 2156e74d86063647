from django.apps import AppConfig


class ChannelsConfig(AppConfig):
    name = "vuelve.channels"
    label = "channels"
