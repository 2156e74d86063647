"""What a customer's page shows of messages: the newest, with what became of them."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.http import HttpRequest
from django.utils.translation import gettext as _

from vuelve.channels.queries import list_messages
from vuelve.channels.wording import reason_text, status_text
from vuelve.customers.queries import consents_of, customer_row, ids_of
from vuelve.customers.wording import channel_name
from vuelve.platform.db import Cursor, raw_cursor
from vuelve.platform.ids import CustomerId, ShopId
from vuelve.platform.ui.components import Tile

ROWS = 5


class CustomerMessagesPanel:
    key: ClassVar[str] = "messages"
    order: ClassVar[int] = 18
    template: ClassVar[str] = "channels/customer_messages.html"

    def context(
        self, request: HttpRequest, shop: ShopId, customer: CustomerId | None
    ) -> Mapping[str, Any] | None:
        if customer is None:
            return None
        cursor = raw_cursor()
        reachable = reachable_by(cursor, shop, customer)
        rows = list_messages(cursor, shop, customers=ids_of(cursor, shop, customer), rows=ROWS)
        return {
            "tiles": [
                Tile(
                    _("Reachable by"),
                    ", ".join(str(channel_name(channel)) for channel in reachable) or _("nothing"),
                    _(
                        "Channels with an address that is not suppressed, which this customer allows for marketing."
                    ),
                )
            ],
            "customer_id": customer,
            "messages": [
                row
                | {
                    "state": status_text(row["status"]),
                    "why": reason_text(row["reason"]),
                    "channel": channel_name(row["channel"]),
                }
                for row in rows
            ],
        }


def reachable_by(cursor: Cursor, shop: ShopId, customer: CustomerId) -> list[str]:
    """Channels by which the customer may be sent marketing: consent, an address, and none that is suppressed."""
    row = customer_row(cursor, shop, customer)
    addresses = {"email": row.email, "sms": row.phone, "whatsapp": row.phone}
    allowed = sorted(
        {
            each["channel"]
            for each in consents_of(cursor, shop, customer)
            if each["is_granted"] and each["purpose"] == "marketing"
        }
    )
    held = [(channel, addresses[channel]) for channel in allowed if addresses.get(channel)]
    suppressed = cursor.execute(
        "SELECT channel FROM channels_suppression WHERE shop_id = %s AND (channel, address) IN "
        "(SELECT * FROM unnest(%s::text[], %s::text[]))",
        [shop, [channel for channel, _address in held], [address for _channel, address in held]],
    ).fetchall()
    return [channel for channel, _address in held if (channel,) not in suppressed]
