"""Templates: few rows, Django ORM. Messages are data plane (`migrations/0002_messages.sql`)."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class Purpose(models.TextChoices):
    """Why a message is sent; decides which gates it must pass."""

    TRANSACTIONAL = "transactional", _("Transactional")
    LOYALTY = "loyalty", _("Loyalty")
    SURVEY = "survey", _("Survey")
    MARKETING = "marketing", _("Marketing")


class Template(models.Model):
    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    key = models.SlugField(max_length=60)
    name = models.CharField(max_length=120)
    channel = models.CharField(max_length=20)
    purpose = models.CharField(max_length=20, choices=Purpose.choices)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["shop", "key"], name="channels_template_once"),
            models.CheckConstraint(
                condition=models.Q(purpose__in=Purpose.values), name="channels_template_purpose"
            ),
        ]


class TemplateVersion(models.Model):
    """What was published, for good: a message points at the version that it was made from.

    `contents` by locale: {"es": {"subject": liquid, "mjml": liquid, "text": liquid}, ...};
    `compiled` by locale: the HTML of the MJML, still with its Liquid.
    """

    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    template = models.ForeignKey(Template, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    contents = models.JSONField()
    compiled = models.JSONField()
    published_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["shop", "template", "number"], name="channels_templateversion_once"
            )
        ]
