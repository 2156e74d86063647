"""Data > Imports: upload a file, agree on its columns, try it, take it in, fetch what was refused."""

from typing import Any

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from vuelve.events.sources.csv import forms, jobs, store, uploading, wording
from vuelve.events.sources.csv.contracts import Kind, Status
from vuelve.events.sources.csv.detecting import fingerprint
from vuelve.events.sources.csv.mapping import FileMap
from vuelve.events.sources.csv.preparing import Sample, look, settle, shop_facts
from vuelve.events.sources.csv.presets import guess_kind, suggest
from vuelve.events.sources.csv.preview import preview
from vuelve.events.sources.csv.store import Import
from vuelve.platform import limits
from vuelve.platform.clock import real
from vuelve.platform.db import raw_cursor
from vuelve.platform.errors import VuelveError, not_found
from vuelve.platform.jobs import defer
from vuelve.platform.ui import paging
from vuelve.platform.ui.components import Crumb
from vuelve.shops.http import ShopRequest
from vuelve.shops.permissions import may_import, require
from vuelve.shops.services import audit


@require_GET
def imports(request: ShopRequest) -> HttpResponse:
    after = paging.after(request, int)
    rows = store.latest(
        raw_cursor(), request.shop_id, before=after[0] if after else None, rows=limits.PAGE_ROWS + 1
    )
    page = paging.page(request, rows, key=lambda row: (row.id,))
    context = {
        "page": page,
        "lines": [
            (row, *wording.status(row), wording.kind(row.kind), wording.outcome(row)) for row in page.rows
        ],
        "may_import": may_import(request.membership),
        "upload_mb": limits.CSV_UPLOAD_BYTES_MAX // 1024**2,
        "days": limits.IMPORT_FILE_DAYS,
    }
    return render(request, "events/imports/list.html", context)


@require_POST
def upload(request: ShopRequest) -> HttpResponse:
    require(may_import(request.membership))
    sent = request.FILES.get("file")
    if not isinstance(sent, UploadedFile):
        messages.error(request, _("Choose a file first."))
        return redirect("imports", shop_slug=request.shop.slug)
    path = uploading.keep(request.shop_id, sent.chunks())
    try:
        found = fingerprint(path)
        sample = look(path, found)
        map, _guesses = settle(
            suggest(guess_kind(sample.header), sample.header), sample, shop_facts(request.shop_id)
        )
    except VuelveError as error:
        uploading.throw_away(path)
        messages.error(request, wording.problem(error))
        return redirect("imports", shop_slug=request.shop.slug)
    import_id = store.create(
        shop=request.shop_id,
        path=path,
        file_name=(sent.name or "file.csv")[:200].replace("\x00", ""),
        found=found,
        by=request.user.email,
        now=real.now(),
        is_upload=True,
    )
    store.set_map(shop=request.shop_id, import_id=import_id, map=map)
    audit(
        shop=request.shop_id, actor=request.user.email, action="File Uploaded", target=f"import {import_id}"
    )
    return redirect("import_columns", shop_slug=request.shop.slug, import_id=import_id)


@require_http_methods(["GET", "POST"])
def columns(request: ShopRequest, import_id: int) -> HttpResponse:
    """What the columns mean. A POST keeps what was chosen, shows what it makes of the first rows, or goes on."""
    require(may_import(request.membership))
    job = store.get(raw_cursor(), request.shop_id, import_id)
    if job.status not in (Status.DRAFT, Status.CHECKED) or not job.is_upload:
        return redirect("import", shop_slug=request.shop.slug, import_id=import_id)
    map, sample, problem = job.map, None, None
    try:
        if request.method == "POST":
            map, sample = _posted(request, job)
            store.set_map(shop=request.shop_id, import_id=import_id, map=map)
        else:
            sample = _sample(job, map)
    except VuelveError as error:
        problem, sample = error, _sample(job, job.map)
    context = _columns_context(request, job, map, sample)
    if problem:
        context |= {"problem": problem, "problem_text": wording.problem(problem)}
    if request.method == "POST" and request.POST.get("action") == "check" and not context["problem"]:
        return _check(request, job)
    is_part = request.headers.get("HX-Request") == "true"
    name = "events/imports/columns_form.html" if is_part else "events/imports/columns.html"
    return render(request, name, context)


def _sample(job: Import, map: FileMap) -> Sample:
    if not job.path.exists():
        raise VuelveError("file_missing", "The file is not there any more.", status=404)
    return look(job.path, fingerprint(job.path), encoding=map.encoding, delimiter=map.delimiter)


def _posted(request: ShopRequest, job: Import) -> tuple[FileMap, Sample]:
    """The map as posted. Of another kind, or read in another way, it is suggested anew."""
    before = job.map
    sample = _sample(job, before)
    given = request.POST
    kind = forms.kind_of(given.get("kind", ""))
    if kind is not None and kind != before.kind:
        map = suggest(kind, sample.header)
    else:
        map = forms.read_posted(given, before, sample)
        again = _sample(job, map)
        if list(again.header) != list(sample.header):
            map = suggest(map.kind, again.header)
        sample = again
    settled, _guesses = settle(map, sample, shop_facts(request.shop_id))
    return settled, sample


def _columns_context(request: ShopRequest, job: Import, map: FileMap, sample: Sample) -> dict[str, Any]:
    problem, lines = None, []
    try:
        lines = preview(map, sample, shop_facts(request.shop_id), now=job.created_at)
    except VuelveError as error:
        problem = error
    rows = forms.rows_of(map, sample)
    needs_proof = map.kind == Kind.CONSENTS or any(name.startswith("consent_") for name in map.columns)
    return {
        "job": job,
        "map": map,
        "kinds": forms.kind_choices(),
        "formats": forms.format_choices(),
        "rows": [row for row in rows if row.is_first],
        "more_rows": [row for row in rows if not row.is_first],
        "others": forms.other_columns(map, sample),
        "choices": forms.choices(sample),
        "keeps_traits": map.kind == Kind.CUSTOMERS,
        "skip": [(column, ", ".join(words)) for column, words in map.skip.items()],
        "needs_proof": needs_proof,
        "preset": forms.preset_label(map),
        "is_encoding_guessed": sample.dialect.is_encoding_guessed,
        "lines": [
            (line, wording.reason(line.refusal.code) if line.refusal else "", wording.becomes(line.names))
            for line in lines
        ],
        "problem": problem,
        "problem_text": wording.problem(problem) if problem else "",
        "crumbs": _crumbs(request),
        "import_steps": _steps(),
    }


def _steps() -> list[str]:
    return [_("File"), _("Columns"), _("Trial"), _("Import")]


def _crumbs(request: ShopRequest) -> list[Crumb]:
    return [Crumb(_("Imports"), reverse("imports", kwargs={"shop_slug": request.shop.slug}))]


def _check(request: ShopRequest, job: Import) -> HttpResponse:
    among = (Status.DRAFT, Status.CHECKED)
    if store.set_status(shop=request.shop_id, import_id=job.id, status=Status.CHECKING, among=among):
        defer(jobs.CHECK, shop=request.shop_id, import_id=job.id)
    url = reverse("import", kwargs={"shop_slug": request.shop.slug, "import_id": job.id})
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(status=204, headers={"HX-Redirect": url})
    return redirect(url)


@require_GET
def show(request: ShopRequest, import_id: int) -> HttpResponse:
    """Where an import stands; the part that moves is fetched again while it does."""
    job = store.get(raw_cursor(), request.shop_id, import_id)
    if job.status == Status.DRAFT and may_import(request.membership):
        return redirect("import_columns", shop_slug=request.shop.slug, import_id=import_id)
    counts = job.checked if job.status in (Status.CHECKING, Status.CHECKED) else job.counts
    label, tone = wording.status(job)
    context = {
        "job": job,
        "label": label,
        "tone": tone,
        "kind": wording.kind(job.kind),
        "is_moving": job.status in (Status.CHECKING, Status.RUNNING),
        "counts": counts,
        "events": wording.events(counts) if counts else [],
        "sentence": wording.sentence(job),
        "problem": wording.problem_of(job),
        "reasons": wording.refusals(counts) if counts else [],
        "samples": [each | {"text": wording.reason(each["code"])} for each in counts.samples]
        if counts
        else [],
        "has_rejects": job.is_file_kept and job.rejects_bytes > 0 and job.is_upload,
        "may_import": may_import(request.membership),
        "is_checked": job.status == Status.CHECKED,
        "can_go_on": job.status in (Status.FAILED, Status.RUNNING) and job.is_upload and job.is_file_kept,
        "crumbs": _crumbs(request),
        "import_steps": _steps(),
        "import_step": 3
        if job.status in (Status.CHECKING, Status.CHECKED)
        else 5
        if job.status == Status.DONE
        else 4,
    }
    is_part = request.headers.get("HX-Request") == "true"
    return render(request, f"events/imports/{'state' if is_part else 'show'}.html", context)


@require_POST
def start(request: ShopRequest, import_id: int) -> HttpResponse:
    """Take the file in, or go on with it. Twice pressed, it runs once: the second job finds nothing left to do."""
    require(may_import(request.membership))
    job = store.get(raw_cursor(), request.shop_id, import_id)
    if not job.is_upload or not job.is_file_kept:
        raise not_found("file")
    among = (Status.CHECKED, Status.FAILED, Status.RUNNING)
    if store.set_status(shop=request.shop_id, import_id=import_id, status=Status.RUNNING, among=among):
        defer(jobs.RUN, unique=f"import {import_id}", shop=request.shop_id, import_id=import_id)
        if job.status != Status.RUNNING:
            audit(
                shop=request.shop_id,
                actor=request.user.email,
                action="Import Started",
                target=f"import {import_id}",
                detail={"file": job.file_name, "kind": job.kind},
            )
    return redirect("import", shop_slug=request.shop.slug, import_id=import_id)


@require_POST
def drop(request: ShopRequest, import_id: int) -> HttpResponse:
    """Throw an upload away that has not begun."""
    require(may_import(request.membership))
    job = store.get(raw_cursor(), request.shop_id, import_id)
    if job.is_upload and job.status in (Status.DRAFT, Status.CHECKED, Status.FAILED) and not job.offset_bytes:
        store.drop(shop=request.shop_id, import_id=import_id)
        uploading.throw_away(job.path)
        audit(shop=request.shop_id, actor=request.user.email, action="Upload Removed", target=job.file_name)
        messages.success(request, _("The file was removed; nothing was imported."))
    return redirect("imports", shop_slug=request.shop.slug)


@require_GET
def rejects(request: ShopRequest, import_id: int) -> HttpResponseBase:
    """Refused rows with line, code, column and reason, as a file."""
    require(may_import(request.membership))
    job = store.get(raw_cursor(), request.shop_id, import_id)
    if not job.is_upload or not job.rejects_bytes or not job.rejects_path.exists():
        raise not_found("file")
    audit(
        shop=request.shop_id,
        actor=request.user.email,
        action="Refused Rows Downloaded",
        target=f"import {import_id}",
    )
    name = job.file_name.removesuffix(".csv") + ".rejects.csv"
    return FileResponse(
        job.rejects_path.open("rb"), as_attachment=True, filename=name, content_type="text/csv"
    )
