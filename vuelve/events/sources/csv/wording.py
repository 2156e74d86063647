"""Imports in the reader's language."""

from collections.abc import Mapping, Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from vuelve.events.sources.csv.contracts import Counts, Kind, Status
from vuelve.events.sources.csv.store import Import
from vuelve.platform.errors import VuelveError
from vuelve.platform.ui import formats


def status(job: Import) -> tuple[str, str]:
    """A word, and its tone."""
    return {
        Status.DRAFT: (_("Columns to be agreed"), "info"),
        Status.CHECKING: (_("Being tried"), "info"),
        Status.CHECKED: (_("Ready to import"), "warn"),
        Status.RUNNING: (_("Running"), "info"),
        Status.DONE: (_("Done"), "good"),
        Status.FAILED: (_("Stopped"), "bad"),
    }[job.status]


def kind(name: str) -> str:
    names: Mapping[str, str] = {
        Kind.ORDERS: _("Orders"),
        Kind.CUSTOMERS: _("Customers"),
        Kind.PRODUCTS: _("Products"),
        Kind.CONSENTS: _("Consents"),
    }
    return names.get(name, "")


def outcome(job: Import) -> str:
    """One line for the list."""
    if job.status in (Status.RUNNING, Status.DONE, Status.FAILED):
        rows = ngettext("%(rows)s row read", "%(rows)s rows read", job.counts.rows_read)
        text = rows % {"rows": formats.number(job.counts.rows_read)}
        if job.counts.rows_refused:
            refused = ngettext("%(rows)s refused", "%(rows)s refused", job.counts.rows_refused)
            text += ", " + refused % {"rows": formats.number(job.counts.rows_refused)}
        return text
    return ""


def _things(name: str, count: int) -> str:
    texts: Mapping[str, str] = {
        "Order Completed": ngettext("%(count)s order", "%(count)s orders", count),
        "Order Cancelled": ngettext("%(count)s cancellation", "%(count)s cancellations", count),
        "Order Refunded": ngettext("%(count)s refund", "%(count)s refunds", count),
        "identify": ngettext("%(count)s customer profile", "%(count)s customer profiles", count),
        "Product Updated": ngettext("%(count)s product", "%(count)s products", count),
        "Consent Granted": ngettext("%(count)s consent", "%(count)s consents", count),
        "Consent Revoked": ngettext("%(count)s revocation", "%(count)s revocations", count),
    }
    return texts.get(name, f"%(count)s {name}") % {"count": formats.number(count)}


def becomes(names: Sequence[str]) -> str:
    """What one row, or one order, becomes."""
    return ", ".join(_things(name, names.count(name)) for name in dict.fromkeys(names))


def events(counts: Counts) -> list[tuple[str, str]]:
    """What is new, and what was there already, by what it is."""
    return [
        (_things(name, new), formats.number(counts.events_repeated.get(name, 0)))
        for name, new in counts.events_new.items()
    ]


def sentence(job: Import) -> str:
    """What will happen, in numbers, before it does."""
    counts = job.checked
    if counts is None or job.status != Status.CHECKED:
        return ""
    new = [_things(name, count) for name, count in counts.events_new.items() if count]
    if not new:
        return _("Nothing new would be taken in: everything in this file is there already, or was refused.")
    return _(
        "%(things)s will be taken in as history: no message is sent, no journey begins. %(refused)s rows are left out."
    ) % {"things": ", ".join(new), "refused": formats.number(counts.rows_refused)}


def reason(code: str) -> str:
    """Why rows are refused. The file of refused rows says more of each."""
    return {
        "quote_never_closes": _("A quote opens and is not closed as it should be"),
        "bad_quotes": _("A quote stands where none may stand"),
        "row_too_long": _("The row is too long"),
        "invalid_text": _("Bytes that are no text in this encoding"),
        "ragged_row": _("More or fewer cells than the header has"),
        "order_id_missing": _("No order id"),
        "time_missing": _("No date of the order"),
        "total_missing": _("Neither a total nor prices"),
        "product_missing": _("An article without id, SKU and name"),
        "product_id_missing": _("No product id"),
        "rows_disagree": _("The rows of the order contradict each other"),
        "too_many_lines": _("Too many rows in one order"),
        "order_rows_apart": _("Rows of one order lie apart: sort the file by order"),
        "identity_missing": _("It does not say whose it is"),
        "event_too_large": _("The row is too large"),
        "bad_phone": _("No telephone number"),
        "bad_email": _("No e-mail address"),
        "not_a_number": _("No number"),
        "other_decimal_mark": _("Another decimal mark than the rest of the file"),
        "negative": _("Less than nothing"),
        "out_of_range": _("Too large to be meant"),
        "currency_unknown": _("Unknown currency"),
        "not_a_time": _("No date as this file writes them"),
        "time_out_of_range": _("A date before 1970 or in the future"),
        "not_yes_or_no": _("Neither yes nor no"),
        "bad_url": _("No address of the web"),
        "too_long": _("The id is too long"),
        "channel_unknown": _("Unknown channel"),
        "purpose_unknown": _("Unknown purpose"),
        "proof_missing": _("A consent without its proof"),
    }.get(code, code)


def refusals(counts: Counts) -> list[tuple[str, int]]:
    """Reasons, the most frequent first."""
    return [
        (reason(code), count) for code, count in sorted(counts.reasons.items(), key=lambda pair: -pair[1])
    ]


def problem(error: VuelveError) -> str:
    """What is wrong with a file or a map as a whole."""
    text = {
        "file_empty": _("The file is empty. Export it again; its first line must name the columns."),
        "file_too_large": _(
            "The file is too large for the browser. Import it with `vuelve import csv` on the server."
        ),
        "file_no_text": _("This is a workbook or a compressed file. Save it as CSV and upload that."),
        "header_missing": _("The first line of the file does not name the columns. Add one that does."),
        "header_unreadable": _("The first line of the file cannot be read. Mend its quotes."),
        "too_many_columns": _("The file has too many columns. Leave out those that are not needed."),
        "file_changed": _("The file has changed since the import began. Upload it again."),
        "file_missing": _("The file is not there any more. Upload it again."),
        "rejects_missing": _("The file of refused rows is not there any more. Upload the file again."),
        "column_missing": _("The file has no such column."),
        "field_missing": _("Say which column it is, or a value for all rows."),
        "identity_missing": _("Say which column names the customer: e-mail, phone, or the id in the store."),
        "proof_missing": _(
            "A consent needs its proof: where it was given, when, and the words agreed to. Name the columns that say so, "
            "or state below what you can prove for all rows."
        ),
    }.get(error.code)
    return text or error.message


def problem_of(job: Import) -> str:
    if not job.error:
        return ""
    return problem(VuelveError(str(job.error.get("code", "")), str(job.error.get("message", ""))))
