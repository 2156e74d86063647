"""The only writer of templates, messages and suppressions."""

import re
from collections.abc import Mapping
from datetime import datetime

import structlog
from django.db import IntegrityError, transaction

from vuelve.channels import links
from vuelve.channels.contracts import CHANNELS, PublishedTemplate
from vuelve.channels.models import Purpose, Template, TemplateVersion
from vuelve.channels.outcomes import SOURCE, with_months
from vuelve.channels.publishing import check_contents
from vuelve.customers import services as customers
from vuelve.events import services as events
from vuelve.platform.db import Statements, for_shop
from vuelve.platform.errors import VuelveError
from vuelve.platform.extension import StepGroup
from vuelve.platform.ids import ShopId
from vuelve.shops.models import Shop

SQL = Statements(__file__)
log = structlog.get_logger(__name__)

NAME_CHARS_MAX = 120
_KEY = re.compile(r"[A-Za-z0-9_-]{1,60}")


# --- templates -----------------------------------------------------------------------------------------------


def publish_template(
    *,
    shop: ShopId,
    key: str,
    name: str,
    channel: str,
    purpose: str,
    contents: Mapping[str, Mapping[str, str]],
) -> PublishedTemplate:
    """Check, compile and keep a version for good; the same contents as the newest version's give that version.

    `contents` by locale: {"es": {"subject": Liquid, "mjml": MJML with Liquid, "text": Liquid}}. Raises VuelveError
    with the field at fault: `unknown_channel`, `unknown_purpose`, `template_*`, `channel_fixed`.
    """
    if channel not in CHANNELS:
        raise VuelveError(
            "unknown_channel", f"There is no channel `{channel}`: {', '.join(CHANNELS)}.", field="channel"
        )
    if purpose not in Purpose.values:
        raise VuelveError(
            "unknown_purpose",
            f"There is no purpose `{purpose}`: {', '.join(Purpose.values)}.",
            field="purpose",
        )
    if not _KEY.fullmatch(key):
        raise VuelveError(
            "template_key", "A key has letters, digits, - and _, 60 at most.", field="key", hint="thank-you"
        )
    if not name.strip() or len(name) > NAME_CHARS_MAX:
        raise VuelveError("template_name", f"A name has 1 to {NAME_CHARS_MAX} characters.", field="name")
    kept = (
        {locale: dict(parts) for locale, parts in contents.items()} if isinstance(contents, Mapping) else {}
    )
    with for_shop(shop):
        template = _template(shop=shop, key=key, name=name, channel=channel, purpose=purpose)
        newest = template.versions.order_by("-number").first()
        if newest is not None and newest.contents == kept:
            return PublishedTemplate(template.pk, newest.pk, newest.number, is_new=False)
        compiled = check_contents(kept)
        version = TemplateVersion.objects.create(
            shop_id=shop,
            template=template,
            number=1 if newest is None else newest.number + 1,
            contents=kept,
            compiled=compiled,
        )
    log.info("template published", shop=shop, template=key, version=version.number)
    return PublishedTemplate(template.pk, version.pk, version.number, is_new=True)


def _template(*, shop: ShopId, key: str, name: str, channel: str, purpose: str) -> Template:
    """The template of that key, locked: two who publish at once number their versions one after the other."""
    facts = {"name": name, "channel": channel, "purpose": purpose}
    try:
        with transaction.atomic():
            return Template.objects.create(shop_id=shop, key=key, **facts)
    except IntegrityError as error:
        if "channels_template_once" not in str(error):
            raise
    template = Template.objects.select_for_update().get(shop_id=shop, key=key)
    if template.channel != channel:
        raise VuelveError(
            "channel_fixed", f"`{key}` is a template for {template.channel}.", field="channel", status=409
        )
    if (template.name, template.purpose) != (name, purpose):
        template.name, template.purpose = name, purpose
        template.save(update_fields=["name", "purpose"])
    return template


# --- messages ------------------------------------------------------------------------------------------------


class OutboxSink:
    """Where journeys' messages go in earnest: one statement a group, once a run, step and channel."""

    def send(self, group: StepGroup) -> None:
        """Raises VuelveError `missing_template` if the step's template is gone."""
        template = group.cursor.execute(
            SQL["newest_version"], {"shop": group.shop, "key": group.config["template"]}
        ).fetchone()
        if template is None:
            raise VuelveError(
                "missing_template", f"There is no template `{group.config['template']}`.", field="template"
            )
        version, channel, purpose = template
        group.cursor.execute(
            SQL["queue_group"],
            {
                "shop": group.shop,
                "version": group.version_id,
                "step": group.step_key,
                "template_version": version,
                "channel": channel,
                "purpose": purpose,
                "now": group.now,
            },
        )


# --- unsubscribing -------------------------------------------------------------------------------------------

# What the link in a message of a purpose ends. Surveys count as marketing: who wants none of the one wants none of the
# other. News of an order cannot be ended, so there the link means the offers.
_ENDS = {
    Purpose.MARKETING.value: (Purpose.MARKETING, Purpose.SURVEY),
    Purpose.SURVEY.value: (Purpose.MARKETING, Purpose.SURVEY),
    Purpose.TRANSACTIONAL.value: (Purpose.MARKETING, Purpose.SURVEY),
    Purpose.LOYALTY.value: (Purpose.LOYALTY,),
}


def link_of(token: str) -> tuple[Shop, links.UnsubscribeLink] | None:
    """Whose link a token is, or None if it is not one of ours."""
    claimed = links.shop_of(token)
    shop = None if claimed is None else Shop.objects.filter(pk=claimed).first()
    link = None if shop is None else links.read(token, shop.signing_key)
    return None if shop is None or link is None else (shop, link)


def unsubscribe(*, link: links.UnsubscribeLink, source: str, wording: str, now: datetime) -> None:
    """Act on a customer's link, at once: what is queued already is withheld when its turn comes."""
    with_months(lambda: _unsubscribe(link, source, wording, now), now=now)
    log.info("unsubscribed", shop=link.shop, message=link.message, channel=link.channel, purpose=link.purpose)


def _unsubscribe(link: links.UnsubscribeLink, source: str, wording: str, now: datetime) -> None:
    with for_shop(link.shop):
        for purpose in _ENDS[link.purpose]:
            try:
                customers.unsubscribe(
                    shop=link.shop,
                    customer=link.customer,
                    channel=link.channel,
                    purpose=purpose.value,
                    now=now,
                    # With the instant: who subscribes again and follows the same link again means it again.
                    key=f"unsubscribe:{link.message}:{purpose.value}:{now.isoformat()}",
                    source=source,
                    wording=wording,
                )
            except VuelveError as error:
                if error.code == "not_found":
                    return  # erased since: nothing is sent to them any more
                raise
        events.record(
            shop=link.shop,
            name="Message Unsubscribed",
            customer=link.customer,
            properties={
                "message_id": str(link.message),
                "channel": link.channel,
                "purpose": link.purpose,
                "source": source,
            },
            key=f"message:{link.message}:unsubscribed:{now.isoformat()}",
            now=now,
            source=SOURCE,
        )


# --- suppression ---------------------------------------------------------------------------------------------


def suppress(*, shop: ShopId, channel: str, address: str, reason: str, now: datetime) -> None:
    """Never write to an address again, whoever it belongs to. The first reason stays."""
    with for_shop(shop) as cursor:
        cursor.execute(
            "INSERT INTO channels_suppression (shop_id, channel, address, reason, suppressed_at) "
            "VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
            [shop, channel, address.strip().lower(), reason, now],
        )
