"""Few rows, Django ORM. `Shop`, `Member`, `Membership`, `ApiKey`, `SignInLink` are read before a shop is known;
everything else in the database carries `shop_id` and stands behind row-level security."""

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class Shop(models.Model):
    """A tenant. Amounts of its reports are in `currency`; days begin in `time_zone`."""

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    country = models.CharField(max_length=2, default="MX")
    currency = models.CharField(max_length=3, default="MXN")
    time_zone = models.CharField(max_length=60, default="America/Mexico_City")
    locale = models.CharField(max_length=10, default="es")
    sender_name = models.CharField(max_length=120, blank=True)
    sender_email = models.EmailField(blank=True)
    # Sample data, made up in part: every page of such a shop says so.
    is_demo = models.BooleanField(default=False)
    # A shop to try things in: filled and reset at will, and nothing leaves it. The database keeps the mark as it was made.
    is_sandbox = models.BooleanField(default=False, db_default=False)
    # Signs coupon codes and customers' links, so that one shop's cannot be computed from another's.
    signing_key = models.CharField(max_length=64)
    # Orders, payments, shipments and consents are taken only with a secret key: the write key is in every browser.
    orders_need_secret_key = models.BooleanField(default=False, db_default=False)
    # Members without a second factor or a passkey see nothing of the shop until they have one.
    needs_second_factor = models.BooleanField(default=False, db_default=False)
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.name


class MemberManager(BaseUserManager["Member"]):
    def create_member(self, *, email: str, password: str, name: str = "", locale: str = "") -> "Member":
        member = self.model(email=email.strip().lower(), name=name, locale=locale)
        member.set_password(password)
        member.save()
        return member


class Member(AbstractBaseUser):
    """A person of the staff; may belong to several shops."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120, blank=True)
    locale = models.CharField(max_length=10, blank=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(db_default=Now())
    shops = models.ManyToManyField(Shop, through="Membership", related_name="members")

    USERNAME_FIELD = "email"
    objects: ClassVar[MemberManager] = MemberManager()

    def __str__(self) -> str:
        return self.email


class Role(models.TextChoices):
    OWNER = "owner", _("Owner")
    ADMIN = "admin", _("Admin")
    MARKETER = "marketer", _("Marketer")
    SUPPORT = "support", _("Support")
    ANALYST = "analyst", _("Analyst")
    VIEWER = "viewer", _("Viewer")


class Membership(models.Model):
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE)
    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role.choices)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["shop", "member"], name="shops_membership_once"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="shops_membership_role"),
        ]


class Invitation(models.Model):
    """Lets whoever has the link join the shop in a role, once. The link holds the token, the database its hash."""

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE)
    email = models.EmailField()
    role = models.CharField(max_length=10, choices=Role.choices)
    hash = models.CharField(max_length=64, unique=True)
    invited_by = models.CharField(max_length=200)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="shops_invitation_role"),
            models.UniqueConstraint(
                fields=["shop", "email"],
                condition=models.Q(accepted_at=None, revoked_at=None),
                name="shops_invitation_open",
            ),
        ]


class KeyKind(models.TextChoices):
    WRITE = "write", _("Write key")  # public: can only append events
    SECRET = "secret", _("Secret key")


class ApiKey(models.Model):
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE)
    kind = models.CharField(max_length=6, choices=KeyKind.choices)
    label = models.CharField(max_length=60, blank=True)
    hint = models.CharField(max_length=12)  # the first characters, to recognise it
    hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(db_default=Now())
    revoked_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)  # of a key that was replaced: until then both work
    last_used_at = models.DateTimeField(null=True)  # to KEY_USE_NOTED_SECONDS
    scopes = ArrayField(models.CharField(max_length=40), null=True)  # null: everything that its kind may do

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(kind__in=KeyKind.values), name="shops_apikey_kind"),
            models.CheckConstraint(
                condition=models.Q(scopes__isnull=True) | models.Q(kind=KeyKind.SECRET, scopes__len__gt=0),
                name="shops_apikey_scopes",
            ),
        ]


class SignInLink(models.Model):
    """Signs a member in once, for those who run the server's command line."""

    member = models.ForeignKey(Member, on_delete=models.CASCADE)
    hash = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)


class SignInAttempt(models.Model):
    """Attempts to sign in since `began_at`, by the hash of e-mail and address (`throttle.py`)."""

    key = models.CharField(max_length=64, primary_key=True)
    began_at = models.DateTimeField(db_index=True)
    attempts = models.PositiveIntegerField()


class AuditEntry(models.Model):
    """Who did what, for members of the shop to read. Appended, never changed."""

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE)
    at = models.DateTimeField(db_default=Now())
    actor = models.CharField(max_length=200)  # a member's e-mail, or `system`
    action = models.CharField(max_length=60)  # past tense: `Journey Published`
    target = models.CharField(max_length=200, blank=True)
    detail = models.JSONField(default=dict)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["shop", "-at"], name="shops_audit_recent")]


class Retention(models.Model):
    """For how many days a shop keeps something; `rule` is a RetentionRule's key. Null: for good."""

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE)
    rule = models.CharField(max_length=40)
    days = models.PositiveIntegerField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["shop", "rule"], name="shops_retention_once"),
            models.CheckConstraint(
                condition=models.Q(days__isnull=True) | models.Q(days__gt=0), name="shops_retention_days"
            ),
        ]


class SandboxState(models.TextChoices):
    EMPTY = "empty", _("Empty")
    FILLING = "filling", _("Being filled")
    FILLED = "filled", _("Filled")
    RESETTING = "resetting", _("Being emptied")


class Sandbox(models.Model):
    """How far a sandbox is filled. What it is filled with follows from `base_at`: the same again after a crash."""

    shop = models.OneToOneField(Shop, on_delete=models.CASCADE, primary_key=True)
    state = models.CharField(max_length=10, choices=SandboxState.choices, default=SandboxState.EMPTY)
    base_at = models.DateTimeField(null=True)
    events = models.PositiveIntegerField(default=0)  # appended so far
    events_max = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(state__in=SandboxState.values), name="shops_sandbox_state"
            )
        ]


class Figure(models.Model):
    """What a day that is over came to (`figures.py`): the numbers of one source, in the shop's zone and currency."""

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE)
    name = models.CharField(max_length=40)
    zone = models.CharField(max_length=60)
    currency = models.CharField(max_length=3)
    day = models.DateField()
    numbers = ArrayField(models.BigIntegerField())
    kept_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["shop", "name", "zone", "currency", "day"], name="shops_figure_once"
            )
        ]


class ExportState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")
    GONE = "gone", _("Removed")  # the file; that it was made stays


class Export(models.Model):
    """A table as a file, for members to fetch until it expires. The file is `exporting.files.path_of`."""

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE)
    table = models.CharField(max_length=60)
    format = models.CharField(max_length=10)
    since = models.DateTimeField(null=True)
    until = models.DateTimeField(null=True)
    state = models.CharField(max_length=10, choices=ExportState.choices, default=ExportState.WAITING)
    rows = models.BigIntegerField(default=0)
    size_bytes = models.BigIntegerField(default=0)
    token = models.CharField(max_length=40)  # the file's name
    created_by = models.CharField(max_length=200)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["shop", "-id"], name="shops_export_recent")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(state__in=ExportState.values), name="shops_export_state"
            )
        ]
