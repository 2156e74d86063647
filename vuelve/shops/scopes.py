"""What a secret key may be limited to. A key without scopes may do everything; a write key only appends events."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Scope(models.TextChoices):
    EVENTS_WRITE = "events:write", _("Send events")
    CUSTOMERS_READ = "customers:read", _("Look customers up")
    CUSTOMERS_EXPORT = "customers:export", _("Take away all that is kept of a customer")
    CUSTOMERS_ERASE = "customers:erase", _("Erase customers")
    POINTS_READ = "points:read", _("Read points")
    POINTS_WRITE = "points:write", _("Spend, give and reverse points")
    SEGMENTS_READ = "segments:read", _("Read segments and who is in them")
    SEGMENTS_WRITE = "segments:write", _("Make, change and archive segments")
    STATS_READ = "stats:read", _("Read counts of the shop")
