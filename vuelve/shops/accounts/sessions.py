"""Where a member is signed in. The rows are allauth's; what is shown of them, and when they are touched, is ours."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from allauth.usersessions.models import UserSession
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from vuelve.platform.clock import real
from vuelve.shops.models import Member

Handler = Callable[[HttpRequest], HttpResponse]

# That somebody was here is noted once in so many seconds: a write a click would be one too many.
SEEN_NOTED_SECONDS = 300
_SEEN = "seen_at"

# What a browser calls itself, the first that fits: Edge and Opera call themselves Chrome, too, and Chrome Safari.
_BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("CriOS", "Chrome"), ("FxiOS", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))  # fmt: skip
_SYSTEMS = (("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS", "macOS"), ("CrOS", "ChromeOS"), ("Linux", "Linux"))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Session:
    pk: int
    device: str
    is_phone: bool
    address: str
    began_at: datetime
    seen_at: datetime
    is_this: bool


def note_activity(get_response: Handler) -> Handler:
    """Keeps the sessions' `last_seen_at`, and with it the session itself: it ends two weeks after the last visit."""

    def handle(request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            now = real.now().timestamp()
            if now - request.session.get(_SEEN, 0) >= SEEN_NOTED_SECONDS:
                request.session[_SEEN] = now
                UserSession.objects.create_from_request(request)
        return get_response(request)

    return handle


def sessions_of(request: HttpRequest, member: Member) -> list[Session]:
    """Those that still work, the one that asks first."""
    found = [
        Session(
            pk=row.pk,
            device=device(row.user_agent),
            is_phone=any(word in row.user_agent for word in ("Android", "iPhone")),
            address=row.ip,
            began_at=row.created_at,
            seen_at=row.last_seen_at,
            is_this=row.session_key == request.session.session_key,
        )
        for row in UserSession.objects.purge_and_list(member)
    ]
    return sorted(found, key=lambda each: (not each.is_this, -each.seen_at.timestamp()))


def begin_anew(request: HttpRequest) -> None:
    """The session goes on under another key."""
    UserSession.objects.purge_and_list(request.user)
    UserSession.objects.create_from_request(request)


def end_session(member: Member, session: int) -> bool:
    """Whoever uses it is signed out with the next click. False if the member has no such session."""
    row = UserSession.objects.filter(user=member, pk=session).first()
    if row is None:
        return False
    row.end()
    return True


def end_other_sessions(member: Member, but: str | None) -> int:
    """All but the one with this key; how many."""
    others = list(UserSession.objects.filter(user=member).exclude(session_key=but))
    for row in others:
        row.end()
    return len(others)


def device(user_agent: str) -> str:
    """`Chrome, Android`, as far as the browser says it."""
    browser = next((name for sign, name in _BROWSERS if sign in user_agent), "")
    system = next((name for sign, name in _SYSTEMS if sign in user_agent), "")
    return ", ".join(filter(None, (browser, system))) or _("Unknown device")
