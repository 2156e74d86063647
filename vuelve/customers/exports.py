"""What a shop can take away of its customers. Merged customers are in `merges`; all else is under who they are now."""

from django.utils.translation import gettext_lazy as _

from vuelve.platform.export_columns import boolean, columns, integer, number, text, time
from vuelve.platform.extension import ExportTable

_CONSENT = (
    "channel",
    "purpose",
    boolean("is_granted"),
    time("decided_at"),
    "source",
    "wording",
    "message_id",
)

EXPORTS = (
    ExportTable(
        name="customers",
        label=_("Customers"),
        help=_("Who they are; each person once."),
        rows="customers_customer t",
        columns=columns(
            integer("customer_id", "t.id"),
            "user_id",
            "email",
            "phone",
            "first_name",
            "last_name",
            "name",
            "locale",
            "country",
            "time_zone",
            time("created_at"),
            time("first_seen_at"),
            time("last_seen_at"),
        ),
        covers=("customers_customer",),
        time="t.created_at",
        where="NOT EXISTS (SELECT FROM customers_alias a WHERE a.shop_id = t.shop_id AND a.customer_id = t.id)",
    ),
    ExportTable(
        name="traits",
        label=_("Traits"),
        help=_("What is known of each customer, since when and from where."),
        rows="customers_trait t",
        columns=columns(
            integer("customer_id"),
            "name",
            text("text", "t.text_value"),
            number("number", "t.number_value"),
            boolean("boolean", "t.boolean_value"),
            time("time", "t.time_value"),
            time("set_at"),
            "source",
            "message_id",
        ),
        covers=("customers_trait",),
        time="t.set_at",
    ),
    ExportTable(
        name="trait_history",
        label=_("History of traits"),
        help=_("Every value that a trait had, and where it came from."),
        rows="customers_trait_change t",
        columns=columns(
            integer("customer_id"),
            "name",
            text("text", "t.text_value"),
            number("number", "t.number_value"),
            boolean("boolean", "t.boolean_value"),
            time("time", "t.time_value"),
            time("set_at"),
            "source",
            "message_id",
        ),
        covers=("customers_trait_change",),
        time="t.set_at",
    ),
    ExportTable(
        name="identifiers",
        label=_("Identifiers"),
        help=_("Ids, e-mails, phones and devices, and whose they are."),
        rows="customers_identifier t",
        columns=columns(
            text("kind", "(ARRAY['user_id', 'email', 'phone', 'anonymous_id'])[t.kind]"),
            "value",
            integer("customer_id"),
            time("claimed_at"),
        ),
        covers=("customers_identifier",),
        time="t.claimed_at",
    ),
    ExportTable(
        name="consents",
        label=_("Consents"),
        help=_("What holds now, with its proof."),
        rows="customers_consent t",
        columns=columns(integer("customer_id"), *_CONSENT),
        covers=("customers_consent",),
        time="t.decided_at",
    ),
    ExportTable(
        name="consent_history",
        label=_("History of consents"),
        help=_("Every decision, also those that no longer hold."),
        rows="customers_consent_change t",
        columns=columns(integer("customer_id"), *_CONSENT),
        covers=("customers_consent_change",),
        time="t.decided_at",
    ),
    ExportTable(
        name="merges",
        label=_("Merged customers"),
        help=_("Ids that turned out to be the same person."),
        rows="customers_alias t",
        columns=columns(integer("customer_id"), integer("canonical_id"), time("merged_at"), "reason"),
        covers=("customers_alias",),
        time="t.merged_at",
    ),
)
NOT_EXPORTED = {
    "customers_claim": "what each event says of who is who; it is in events",
    "customers_veto": "merges that a member took back; the audit log says it",
    "customers_disclosure": "who asked for a copy of a person's data; the audit log says it",
    "customers_erased": "hashes of erased persons' addresses, that keep them from coming back",
    "customers_erasure": "reports of erasures; each is fetched by itself",
}
