from django.apps import AppConfig


class SegmentsConfig(AppConfig):
    name = "vuelve.segments"
    label = "segments"
