"""The API for people: the OpenAPI documents as a page, without a script and without anything from elsewhere."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from vuelve.config.api import api
from vuelve.events import openapi as events

METHODS = ("get", "post", "put", "patch", "delete")
SAMPLES: Mapping[str, Any] = {
    "string": "…",
    "integer": 1,
    "number": 1.5,
    "boolean": True,
    "object": {},
    "array": [],
}
DEPTH_MAX = 4


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Readable without signing in: what an API can do is no secret, its keys are."""
    own, ingest = api.get_openapi_schema(), events.document()
    context = {
        "description": _prose(own["info"]["description"]),
        "groups": [
            {"title": title, "operations": list(each)}
            for title, each in (("/api/v1", _operations(own)), ("/v1", _operations(ingest)))
        ],
        "server": settings.PUBLIC_URL,
    }
    return render(request, "config/api_docs.html", context)


def _operations(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for path, methods in document["paths"].items():
        for method in METHODS:
            if operation := methods.get(method):
                yield _operation(document, path, method, operation)


def _operation(
    document: Mapping[str, Any], path: str, method: str, operation: Mapping[str, Any]
) -> dict[str, Any]:
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    sample = json.dumps(_sample(document, body), ensure_ascii=False) if body else ""
    answer: Mapping[str, Any] = next(
        (each for status, each in operation["responses"].items() if str(status).startswith("2")), {}
    )
    given = answer.get("content", {}).get("application/json", {}).get("schema", {})
    return {
        "id": operation["operationId"],
        "method": method.upper(),
        "path": path,
        "summary": operation["summary"],
        "description": [_prose(text) for text in _without_scope(operation)],
        "scope": operation.get("x-scope", "events:write"),
        "parameters": [
            {
                "name": each["name"],
                "place": each["in"],
                "type": _type(document, each["schema"]),
                "is_required": each.get("required", False),
            }
            for each in operation.get("parameters", ())
        ],
        "fields": _fields(document, body) if body else [],
        "responses": [
            {"status": str(status), "text": _prose(each.get("description", ""))}
            for status, each in operation["responses"].items()
        ],
        "curl": _curl(method, _example_path(document, path, operation), sample),
        "answer": json.dumps(_answer(document, given), indent=2, ensure_ascii=False)
        if _has_examples(document, given)
        else "",
    }


def _without_scope(operation: Mapping[str, Any]) -> list[str]:
    """The paragraphs of the description; the page shows the scope by itself."""
    return [
        text for text in operation.get("description", "").split("\n\n") if text and "the scope `" not in text
    ]


def _prose(text: str) -> SafeString:
    """With what stands between backticks as code."""
    pieces = enumerate(text.split("`"))
    return format_html_join(
        "", "{}", ((format_html("<code>{}</code>", piece) if at % 2 else piece,) for at, piece in pieces)
    )


def _example_path(document: Mapping[str, Any], path: str, operation: Mapping[str, Any]) -> str:
    for each in operation.get("parameters", ()):
        if each["in"] == "path":
            path = path.replace(f"{{{each['name']}}}", str(_sample(document, each["schema"])))
    queries = [each for each in operation.get("parameters", ()) if each["in"] == "query"]
    wanted = [
        f"{each['name']}={each['schema']['example']}" for each in queries if "example" in each["schema"]
    ]
    return f"{path}?{'&'.join(wanted)}" if wanted else path


def _curl(method: str, path: str, sample: str) -> str:
    address = f"{settings.PUBLIC_URL}{path}"
    lines = ["curl -u SECRET_KEY:" + ("" if method == "get" else f" -X {method.upper()}")]
    if sample:
        lines += ["  -H 'Content-Type: application/json'", f"  -d '{sample}'"]
    return " \\\n".join([*lines, f"  '{address}'" if "?" in address else f"  {address}"])


def _has_examples(document: Mapping[str, Any], schema: Mapping[str, Any]) -> bool:
    return any("examples" in each for each in _resolved(document, schema).get("properties", {}).values())


def _answer(document: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """All fields of an answer, by their examples."""
    fields = _resolved(document, schema)["properties"]
    return {name: _sample(document, each) for name, each in fields.items()}


def _resolved(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    options = [
        each for each in schema.get("anyOf", ()) if each.get("type", "null") != "null" or "$ref" in each
    ]
    return _resolved(document, options[0]) if options and "properties" not in schema else schema


def _type(document: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    found = _resolved(document, schema)
    if "enum" in found:
        return " | ".join(map(str, found["enum"]))
    kind = found.get("format") or found.get("type", "")
    return " | ".join(kind) if isinstance(kind, list) else str(kind)


def _fields(document: Mapping[str, Any], schema: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = _resolved(document, schema)
    required = found.get("required", ())
    return [
        {
            "name": name,
            "type": _type(document, each),
            "is_required": name in required,
            "text": _prose(each.get("description") or _resolved(document, each).get("description", "")),
        }
        for name, each in found.get("properties", {}).items()
    ]


def _sample(document: Mapping[str, Any], schema: Mapping[str, Any], depth: int = 0) -> Any:
    """A body with what is required, made of the schema."""
    found = _resolved(document, schema)
    if examples := schema.get("examples") or found.get("examples"):
        return examples[0]
    if "enum" in found:
        return found["enum"][0]
    kind = found.get("type", "object")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "array" and depth < DEPTH_MAX and "items" in found:
        return [_sample(document, found["items"], depth + 1)]
    if kind == "object" and depth < DEPTH_MAX:
        wanted = found.get("required") or [
            name for rule in found.get("anyOf", ())[:1] for name in rule["required"]
        ]
        extra = ["event"] if "event" in found.get("properties", {}) else []
        return {name: _sample(document, found["properties"][name], depth + 1) for name in [*wanted, *extra]}
    return SAMPLES[kind]
