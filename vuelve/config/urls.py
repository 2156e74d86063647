"""All addresses: the machine's, the API's, the customers', the back office's."""

from django.urls import URLPattern, URLResolver, include, path

from vuelve.config.api import api

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("vuelve.platform.urls")),
    path("", include("vuelve.events.urls")),
    path("api/v1/", api.urls),
]
