from django.apps import AppConfig


class LoyaltyConfig(AppConfig):
    name = "vuelve.loyalty"
    label = "loyalty"
