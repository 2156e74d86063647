"""Journeys and their versions: few rows, Django ORM. Runs are data plane (`migrations/0002_runs.sql`)."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class Status(models.TextChoices):
    DRAFT = "draft", _("Draft")
    LIVE = "live", _("Live")
    PAUSED = "paused", _("Paused")  # nobody enters, and those inside stand still
    ARCHIVED = "archived", _("Archived")


class Journey(models.Model):
    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    key = models.SlugField(max_length=60)
    name = models.CharField(max_length=120)
    description = models.CharField(max_length=400, blank=True)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.DRAFT)
    live_version = models.ForeignKey("Version", null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["shop", "key"], name="journeys_journey_once"),
            models.CheckConstraint(
                condition=models.Q(status__in=Status.values), name="journeys_journey_status"
            ),
        ]


class Version(models.Model):
    """A published graph, immutable; a run stays on the version it began (`contracts.Graph` says the shape)."""

    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    journey = models.ForeignKey(Journey, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    graph = models.JSONField()
    published_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["shop", "journey", "number"], name="journeys_version_once")
        ]
