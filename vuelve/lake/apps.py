from django.apps import AppConfig


class LakeConfig(AppConfig):
    name = "vuelve.lake"
    label = "lake"
