"""How segments look on a customer's timeline."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from vuelve.platform.extension import EventFace
from vuelve.segments.contracts import ENTERED, LEFT


def _name(properties: Mapping[str, Any]) -> str:
    return str(properties.get("segment", ""))


FACES = {
    ENTERED: EventFace(_("Entered a segment"), "user-plus", "good", _name),
    LEFT: EventFace(_("Left a segment"), "user-minus", "", _name),
}
