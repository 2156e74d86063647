"""A shop's programme: few rows, Django ORM. The ledger is data plane (`migrations/0002_ledger.sql`)."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from vuelve.loyalty.contracts import POINTS_MAX


class Expiry(models.TextChoices):
    NEVER = "never", _("Never")
    INACTIVITY = "inactivity", _("After months without earning or spending")
    AGE = "age", _("Months after they were earned, at the end of the month")
    FIXED_DAY = "fixed_day", _("Each year on the same day")


class Programme(models.Model):
    shop = models.OneToOneField("shops.Shop", on_delete=models.CASCADE)
    name = models.CharField(max_length=80)
    is_live = models.BooleanField(default=False)
    currency = models.CharField(max_length=3)
    rate_points = models.PositiveIntegerField(default=1)
    rate_minor = models.PositiveBigIntegerField(default=1_000)
    includes_shipping = models.BooleanField(default=False)
    includes_tax = models.BooleanField(default=False)
    approval_days = models.PositiveSmallIntegerField(default=0)
    expiry = models.CharField(max_length=12, choices=Expiry.choices, default=Expiry.NEVER)
    expiry_months = models.PositiveSmallIntegerField(default=12)
    expiry_month = models.PositiveSmallIntegerField(default=12)
    expiry_day = models.PositiveSmallIntegerField(default=31)
    expiry_since = models.DateTimeField(db_default=Now())  # inactivity counts from here at the earliest
    allows_debt = models.BooleanField(default=False)
    counts_history = models.BooleanField(default=False)
    started_at = models.DateTimeField(db_default=Now())
    # Up to which expiry people have been warned, so that each is told once.
    warned_first_until = models.DateTimeField(null=True)
    warned_last_until = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(rate_points__gte=1, rate_points__lte=POINTS_MAX, rate_minor__gte=1),
                name="loyalty_programme_rate",
            ),
            models.CheckConstraint(
                condition=models.Q(expiry__in=Expiry.values, expiry_months__gte=1, expiry_months__lte=120),
                name="loyalty_programme_expiry",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    expiry_month__gte=1, expiry_month__lte=12, expiry_day__gte=1, expiry_day__lte=31
                ),
                name="loyalty_programme_day",
            ),
            models.CheckConstraint(
                condition=models.Q(approval_days__lte=365), name="loyalty_programme_approval"
            ),
        ]
