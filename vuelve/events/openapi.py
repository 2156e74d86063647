"""The event API as OpenAPI 3.1, at `/v1/openapi.json`. Its views are plain Django, so it is written here by hand."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

from vuelve import __version__
from vuelve.events import refusals
from vuelve.events.contracts import Kind
from vuelve.platform import limits

JSON = dict[str, Any]

_SUMMARIES = {
    "track": "Something happened",
    "identify": "Who somebody is",
    "page": "A page was seen",
    "screen": "A screen was seen",
    "group": "What somebody belongs to",
    "alias": "Two ids are one customer",
    "batch": "Up to 2,500 events",
    "import": "A batch of the past: no journey begins, no message is sent",
}
_ID: JSON = {"type": ["string", "integer", "null"], "maxLength": limits.IDENTITY_CHARS_MAX}
_TIME: JSON = {"type": ["string", "null"], "format": "date-time"}
_FREE: JSON = {"type": ["object", "null"], "additionalProperties": True}


def serve(request: HttpRequest) -> HttpResponse:
    return JsonResponse(document(), headers={"Access-Control-Allow-Origin": "*"})


def document() -> JSON:
    return {
        "openapi": "3.1.0",
        "info": {"title": "Vuelve: events", "version": __version__},
        "security": [{"key": []}, {}],  # or in the body
        "paths": {f"/v1/{name}": {"post": _operation(name, summary)} for name, summary in _SUMMARIES.items()},
        "components": {
            "securitySchemes": {
                "key": {
                    "type": "http",
                    "scheme": "basic",
                    "description": "The write key or a secret key as the user name, or `writeKey` in the body.",
                }
            },
            "schemas": {
                "Event": _event(),
                "Batch": _batch(),
                "Accepted": {
                    "type": "object",
                    "required": ["success", "accepted"],
                    "properties": {"success": {"const": True}, "accepted": {"type": "integer"}},
                },
                "Refused": _refused(),
            },
        },
    }


def _operation(name: str, summary: str) -> JSON:
    schema = "Batch" if name in ("batch", "import") else "Event"
    statuses = sorted({code.status for code in refusals.OF_REQUESTS})
    return {
        "summary": summary,
        "operationId": name,
        "requestBody": {"required": True, "content": _content(schema)},
        "responses": {
            "200": {"description": "Committed.", "content": _content("Accepted")},
            **{str(status): _refusal(status) for status in statuses},
        },
    }


def _refusal(status: int) -> JSON:
    codes = [f"`{code.code}`: {code.meaning}" for code in refusals.OF_REQUESTS if code.status == status]
    response: JSON = {"description": "\n".join(codes), "content": _content("Refused")}
    if status in (429, 503):
        response["headers"] = {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}}
    return response


def _content(schema: str) -> JSON:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}


def _event() -> JSON:
    return {
        "type": "object",
        "description": f"At most {limits.EVENT_BYTES_MAX} bytes. Other fields are kept in the context's `$fields`.",
        "anyOf": [{"required": ["userId"]}, {"required": ["anonymousId"]}],
        "properties": {
            "type": {"enum": [kind.name.lower() for kind in Kind], "description": "In a batch."},
            "messageId": {"type": ["string", "integer", "null"], "maxLength": limits.MESSAGE_ID_CHARS_MAX},
            "userId": _ID | {"examples": ["user-42"]},
            "anonymousId": _ID,
            "previousId": _ID | {"description": "Of alias."},
            "groupId": _ID | {"description": "Of group."},
            "event": {
                "type": ["string", "null"],
                "maxLength": limits.EVENT_NAME_CHARS_MAX,
                "description": "Of track: what happened.",
                "examples": ["Product Viewed"],
            },
            "name": {"description": "Of page and screen."},
            "category": {"description": "Of page."},
            "timestamp": _TIME,
            "originalTimestamp": _TIME,
            "sentAt": _TIME,
            "properties": _FREE,
            "traits": _FREE,
            "context": _FREE,
        },
        "additionalProperties": True,
    }


def _batch() -> JSON:
    return {
        "type": "object",
        "description": f"At most {limits.BATCH_BYTES_MAX} bytes, as sent and unpacked.",
        "required": ["batch"],
        "properties": {
            "batch": {
                "type": "array",
                "maxItems": limits.BATCH_EVENTS_MAX,
                "items": {"$ref": "#/components/schemas/Event"},
            },
            "sentAt": _TIME,
            "context": _FREE | {"description": "Of the events without one."},
            "writeKey": {"type": ["string", "null"]},
        },
    }


def _refused() -> JSON:
    text: JSON = {"type": "string"}
    of_event: JSON = {
        "type": "object",
        "required": ["index", "code", "message"],
        "properties": {
            "index": {"type": "integer"},
            "code": {"enum": [code.code for code in refusals.OF_EVENTS]},
            "field": text,
            "message": text,
            "hint": text,
        },
    }
    return {
        "type": "object",
        "required": ["success", "code", "message", "error"],
        "properties": {
            "success": {"const": False},
            "code": text,
            "message": text,
            "accepted": {"type": "integer", "description": "Events of the request that were kept."},
            "errors": {"type": "array", "items": of_event},
            "error": {"type": "object", "properties": {"code": text, "message": text, "hint": text}},
        },
    }
