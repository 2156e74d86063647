from django.apps import AppConfig


class JourneysConfig(AppConfig):
    name = "vuelve.journeys"
    label = "journeys"
