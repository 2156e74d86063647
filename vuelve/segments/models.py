"""Segments and their versions: few rows, Django ORM. Who is in them is data plane (`migrations/0002_members.sql`)."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from vuelve.segments.contracts import NAME_CHARS_MAX, Kind


class Segment(models.Model):
    """`version` is in force; `filled_version` is the one that the members are of: until a job has filled it, the one before."""

    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    name = models.CharField(max_length=NAME_CHARS_MAX)
    description = models.CharField(max_length=500, blank=True)
    kind = models.CharField(
        max_length=4,
        choices=[(Kind.LIVE.value, _("By condition")), (Kind.LIST.value, _("List"))],
        default=Kind.LIVE.value,
    )
    version = models.PositiveIntegerField(default=1)
    filled_version = models.PositiveIntegerField(default=0)
    size = models.PositiveBigIntegerField(default=0)
    swept_at = models.DateTimeField(null=True)  # everyone was looked at, as of then
    error = models.CharField(max_length=300, blank=True)  # why the last attempt to fill it failed
    created_by = models.CharField(max_length=200)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    archived_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["shop", "name"],
                condition=models.Q(archived_at__isnull=True),
                name="segments_segment_name",
            ),
            models.CheckConstraint(
                condition=models.Q(kind__in=[kind.value for kind in Kind]), name="segments_segment_kind"
            ),
            models.CheckConstraint(
                condition=models.Q(filled_version__lte=models.F("version")), name="segments_segment_filled"
            ),
        ]

    @property
    def is_filled(self) -> bool:
        return self.filled_version == self.version


class SegmentVersion(models.Model):
    """A definition, never changed: a change is a new version."""

    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="versions")
    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    number = models.PositiveIntegerField()
    tree = models.JSONField()
    created_by = models.CharField(max_length=200)
    created_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["segment", "number"], name="segments_version_once")
        ]


class SegmentUse(models.Model):
    """Which segments the tree of a segment's version in force looks at, so that no circle can be made and use is shown."""

    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="uses")
    used = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="used_by")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["segment", "used"], name="segments_use_once"),
            models.CheckConstraint(
                condition=~models.Q(segment=models.F("used")), name="segments_use_of_itself"
            ),
        ]
