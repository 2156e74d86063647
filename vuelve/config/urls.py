"""All addresses: the machine's, the API's, the customers', the back office's."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("vuelve.platform.urls")),
]
