"""Addresses of Segment's API, with and without the slash at the end.

The one-letter ones are those of `@segment/analytics-next`, the beacon is RudderStack's for browsers.
"""

from django.urls import path

from vuelve.events import api, openapi, sdks
from vuelve.events.decoding import KINDS
from vuelve.events.sources import endpoint

_VIEWS = {name: api.single(name) for name in KINDS} | {"batch": api.batch, "import": api.history}
_PATHS = (
    {f"v1/{name}": name for name in _VIEWS}
    | {f"v1/{name[0]}": name for name in (*KINDS, "batch")}
    | {"beacon/v1/batch": "batch"}
)

urlpatterns = [
    path(address + slash, _VIEWS[name], name=f"ingest_{name}")
    for address, name in _PATHS.items()
    for slash in ("/", "")  # `reverse` takes the last one
]
urlpatterns += [
    path("v1/openapi.json", openapi.serve, name="ingest_openapi"),
    path("v1/projects/<str:write_key>/settings", sdks.segment, name="sdk_segment"),
    path("sourceConfig/", sdks.rudderstack, name="sdk_rudderstack"),
    path("sourceConfig", sdks.rudderstack),
]
urlpatterns += [path("hooks/<slug:source>/<str:address>", endpoint.webhook, name="store_webhook")]
