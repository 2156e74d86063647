from django.apps import AppConfig


class CustomersConfig(AppConfig):
    name = "vuelve.customers"
    label = "customers"
