from django.apps import AppConfig


class SandboxConfig(AppConfig):
    name = "vuelve.sandbox"
    label = "sandbox"
