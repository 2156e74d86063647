"""What browser SDKs ask their vendor's servers for before they send: with us as the host nothing else must be changed.

The same for every key, valid or not: nothing is looked up, and nothing here is secret.
"""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse

from vuelve.events.api import PREFLIGHT


def segment(request: HttpRequest, write_key: str) -> HttpResponse:
    """`@segment/analytics-next` with `cdnURL`: where it sends its events."""
    scheme, _, host = settings.PUBLIC_URL.partition("://")
    integration = {"apiKey": write_key, "apiHost": f"{host}/v1", "protocol": scheme}
    everything = {"__default": {"enabled": True, "integrations": {}}}
    return _answer(
        request,
        {
            "integrations": {"Segment.io": integration},
            "plan": {"track": everything, "identify": everything, "group": everything},
        },
    )


def rudderstack(request: HttpRequest) -> HttpResponse:
    """`@rudderstack/analytics-js` with `configUrl`, and RudderStack's SDKs for telephones: no destinations but us."""
    off = {"enabled": False}
    source = {
        "id": "vuelve",
        "name": "Vuelve",
        "writeKey": request.GET.get("writeKey", ""),
        "enabled": True,
        "workspaceId": "vuelve",
        "config": {"statsCollection": {"errors": off, "metrics": off}},
        "destinations": [],
    }
    return _answer(request, {"source": source})


def _answer(request: HttpRequest, body: dict[str, Any]) -> HttpResponse:
    headers = {"Access-Control-Allow-Origin": "*", "Cache-Control": "max-age=300"}
    if request.method == "OPTIONS":
        return HttpResponse(status=204, headers=headers | PREFLIGHT | {"Access-Control-Allow-Methods": "GET"})
    return JsonResponse(body, headers=headers)
