"""`POST /hooks/<source>/<address>`: webhooks of stores. Answers when the webhook is committed."""

import psycopg
import structlog
from django.core.exceptions import RequestDataTooBig
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.request import RawPostDataException
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from vuelve.events.sources.deliveries import take
from vuelve.platform import clock, limits
from vuelve.platform.errors import VuelveError
from vuelve.platform.extension import registry
from vuelve.platform.http import error_response

log = structlog.get_logger(__name__)


@csrf_exempt
@require_POST
def webhook(request: HttpRequest, source: str, address: str) -> HttpResponse:
    """200 for whatever is signed and kept, also what cannot be mapped: the store could not send it any better."""
    kind = registry.sources.get(source)
    if kind is None:
        raise Http404
    try:
        body = _body(request)
        take(source=kind, address=address, headers=request.headers, body=body, now=clock.real.now())
    except VuelveError as error:
        return error_response(error)
    except (OperationalError, psycopg.OperationalError) as error:
        log.error("database unavailable", error=str(error).strip())
        return error_response(VuelveError("unavailable", "The database does not answer.", status=503))
    return HttpResponse("ok\n", content_type="text/plain")


def _body(request: HttpRequest) -> bytes:
    too_large = VuelveError(
        "request_too_large",
        "The webhook is too large.",
        hint=f"At most {limits.STORE_WEBHOOK_BYTES_MAX} bytes.",
        status=413,
    )
    length = request.headers.get("Content-Length", "")
    if length.isdigit() and int(length) > limits.STORE_WEBHOOK_BYTES_MAX:
        raise too_large
    try:
        body = request.body
    except (RequestDataTooBig, RawPostDataException) as error:
        raise too_large from error
    if len(body) > limits.STORE_WEBHOOK_BYTES_MAX:  # whatever length was announced
        raise too_large
    return body
