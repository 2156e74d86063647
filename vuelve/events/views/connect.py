"""How to connect a store: a key that is tried out, and the code for each library."""

import base64
import json
from io import BytesIO
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.contrib import messages
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import resolve, reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from vuelve.events import snippets
from vuelve.events.queries import live
from vuelve.events.queries.live import LiveFilter
from vuelve.events.views.live import lines_of
from vuelve.events.wording import refusal
from vuelve.platform.clock import real
from vuelve.platform.db import raw_cursor
from vuelve.platform.ids import ShopId
from vuelve.platform.ui.components import Tab
from vuelve.shops.contracts import KeyHolder
from vuelve.shops.http import ShopRequest
from vuelve.shops.models import ApiKey
from vuelve.shops.permissions import may_manage_keys, may_send_test_events, require
from vuelve.shops.services import guard_orders, holder_of, key_holder

TEST_EVENT = "Connection Tested"
# Always the same visitor, so that tests make one customer and not one each.
TEST_VISITOR = "vuelve-connection-test"
KEY_CHARS_MAX = 200
MESSAGE_ID_CHARS_MAX = 60


@sensitive_post_parameters("key")
@require_http_methods(["GET", "HEAD", "POST"])
def connect(request: ShopRequest) -> HttpResponse:
    """POST: send a test event with the key that was pasted."""
    tried: dict[str, Any] = {}
    if request.method == "POST":
        require(may_send_test_events(request.membership))
        number = request.POST.get("known", "")
        if number.isascii() and number.isdigit() and len(number) < 19:
            holder = holder_of(shop=request.shop_id, key=int(number))
            tried = _try(request, holder)
        else:
            tried = _try_pasted(request, request.POST.get("key", "").strip())
        if request.headers.get("HX-Request") == "true":
            return render(request, "events/connect_tried.html", {"tried": tried})
    context = {"tried": tried, **_keys(request), **_code(request, tried.get("write_key", ""))}
    context["may_test"] = may_send_test_events(request.membership)
    context["may_manage"] = may_manage_keys(request.membership)
    return render(request, "events/connect.html", context)


def _keys(request: ShopRequest) -> dict[str, Any]:
    keys = ApiKey.objects.filter(shop=request.shop).order_by("revoked_at", "-created_at", "-pk")
    return {"keys": keys[:50]}


def _code(request: ShopRequest, write_key: str) -> dict[str, Any]:
    found = snippets.snippets(
        url=settings.PUBLIC_URL.rstrip("/"), write_key=write_key or snippets.PLACEHOLDER
    )
    wanted = request.GET.get("sdk", "")
    current = next((one for one in found if one.key == wanted), found[0])
    return {
        "snippet": current,
        "is_placeholder": not write_key,
        "placeholder": snippets.PLACEHOLDER,
        "public_url": settings.PUBLIC_URL,
        "is_local": snippets.is_local(settings.PUBLIC_URL),
        "sdks": [Tab(one.label, f"?sdk={one.key}#code", is_current=one is current) for one in found],
    }


# --- the test -----------------------------------------------------------------------------------------------


def _try_pasted(request: ShopRequest, key: str) -> dict[str, Any]:
    if not key or len(key) > KEY_CHARS_MAX or "\x00" in key:
        return {"problem": _("Paste a key of this shop first.")}
    holder = key_holder(secret=key)
    # A key of another shop is answered like an unknown one: a test event must not land there.
    if holder is None or holder.shop != request.shop_id:
        return {
            "problem": _("This is no key of this shop, or it was revoked."),
            "remedy": _("Copy it whole: write keys begin with vw_, secret ones with vs_."),
        }
    return _try(request, holder, key)


def _try(request: ShopRequest, holder: KeyHolder, key: str = "") -> dict[str, Any]:
    """Send a test event by the view that takes events from outside; says how it went.

    With the key itself if it was pasted, else as its holder: of a key that is not at hand only a hash is known.
    """
    message_id = f"connection-test-{uuid4().hex}"
    answer = _send(holder, key, message_id)
    body = json.loads(answer.content)
    tried = {"status": answer.status_code, "body": json.dumps(body, indent=2, ensure_ascii=False)}
    if answer.status_code != 200:
        code = str(body.get("code", ""))
        return tried | {"problem": refusal(code).title, "remedy": refusal(code).remedy}
    return tried | {
        "message_id": message_id,
        "is_secret": holder.is_secret,
        "write_key": "" if holder.is_secret else key,
        "arrival": _arrival(request, message_id),
    }


def _send(holder: KeyHolder, key: str, message_id: str) -> HttpResponse:
    """As if it came from outside: through the address's own view, with the key in the header as far as it is known."""
    event = {
        "messageId": message_id,
        "anonymousId": TEST_VISITOR,
        "event": TEST_EVENT,
        "timestamp": real.now().isoformat(),
        "properties": {"sent_by": "Vuelve", "page": "connect"},
        "context": {"library": {"name": "vuelve-connect"}},
    }
    content, path = json.dumps(event).encode(), reverse("ingest_track")
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(content)),
        "wsgi.input": BytesIO(content),
        "wsgi.url_scheme": "http",
    }
    if key:
        environ["HTTP_AUTHORIZATION"] = f"Basic {base64.b64encode(f'{key}:'.encode()).decode()}"
    request = WSGIRequest(environ)
    if not key:
        request.trusted_holder = holder  # type: ignore[attr-defined]
    match = resolve(path)
    response: HttpResponse = match.func(request, *match.args, **match.kwargs)
    return response


@require_safe
def arrival(request: ShopRequest, message_id: str) -> HttpResponse:
    """How far the test event has come; asks again by itself until its customer is known."""
    return render(request, "events/connect_arrival.html", {"arrival": _arrival(request, message_id)})


def _arrival(request: ShopRequest, message_id: str) -> dict[str, Any]:
    cursor = raw_cursor()
    wanted = LiveFilter(name=TEST_EVENT, who=message_id[:MESSAGE_ID_CHARS_MAX])
    found = live.newest(cursor, request.shop_id, wanted, rows=1)
    lines = lines_of(request, cursor, found.rows)
    return {"message_id": message_id, "line": lines[0] if lines else None}


@require_POST
def guard(request: ShopRequest) -> HttpResponse:
    """Whether orders and consents are taken only with the secret key."""
    require(may_manage_keys(request.membership))
    is_needed = request.POST.get("guard") == "1"
    guard_orders(shop=ShopId(request.shop.pk), is_needed=is_needed, actor=request.user.email)
    said = (
        _("Orders and consents are now taken only with the secret key.")
        if is_needed
        else _("Orders and consents are now taken with any key.")
    )
    messages.success(request, said)
    return redirect("data_connect", shop_slug=request.shop.slug)
