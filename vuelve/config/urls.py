"""All addresses: the machine's, the API's, the customers', the back office's."""

from django.urls import URLPattern, URLResolver, include, path

from vuelve.config import api_docs
from vuelve.config.api import api, nothing
from vuelve.platform import charts

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("vuelve.platform.urls")),
    path("", include("vuelve.events.urls")),
    path("", include("vuelve.events.sources.csv.urls")),
    path("api/v1/docs", api_docs.page, name="api_docs"),
    path("api/v1/", api.urls),
    path("api/v1/<path:rest>", nothing),
    path("assets/vega-<str:version>.js", charts.bundle, name="vega_bundle"),
    path("", include("vuelve.shops.accounts.urls")),
    path("", include("vuelve.shops.urls")),
    path("", include("vuelve.shops.exporting.urls")),
    path("", include("vuelve.events.urls_pages")),
    path("", include("vuelve.events.sources.urls")),
    path("", include("vuelve.customers.urls")),
    path("", include("vuelve.commerce.urls")),
    path("", include("vuelve.segments.urls")),
    path("", include("vuelve.journeys.urls")),
    path("", include("vuelve.loyalty.urls")),
    path("", include("vuelve.sandbox.urls")),
    path("", include("vuelve.channels.urls_public")),
    path("", include("vuelve.channels.urls")),
]
