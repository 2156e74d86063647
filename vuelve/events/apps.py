from django.apps import AppConfig


class EventsConfig(AppConfig):
    name = "vuelve.events"
    label = "events"
