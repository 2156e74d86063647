"""The journey step `send`: {"template": key}."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _

from vuelve.channels.models import Template
from vuelve.platform.db import for_shop
from vuelve.platform.errors import VuelveError
from vuelve.platform.extension import StepGroup, Text
from vuelve.platform.ids import ShopId


class SendStep:
    """Queues one message a run; the run goes on at once, whatever becomes of the message."""

    key: ClassVar[str] = "send"
    label: Text = _("Send a message")
    icon: ClassVar[str] = "envelope"

    def check(self, config: Mapping[str, Any], path: str, shop: ShopId) -> None:
        field = f"{path}.template"
        key = config.get("template")
        if not isinstance(key, str) or not key:
            raise VuelveError("missing_template", "Say which template to send.", field=field)
        with for_shop(shop):
            if not Template.objects.filter(shop_id=shop, key=key).exists():
                raise VuelveError(
                    "missing_template",
                    f"There is no template `{key}`.",
                    field=field,
                    hint="Publish the template first.",
                )

    def outcomes(self, config: Mapping[str, Any]) -> Sequence[str]:
        return ("sent",)

    def summary(self, config: Mapping[str, Any]) -> Text:
        return str(config.get("template", ""))

    def advance(self, group: StepGroup) -> None:
        group.sink.send(group)
        group.cursor.execute(
            "UPDATE pg_temp.run_batch SET outcome = 'sent' WHERE version_id = %s AND step_key = %s AND shop_id = %s",
            [group.version_id, group.step_key, group.shop],
        )
