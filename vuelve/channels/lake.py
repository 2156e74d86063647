"""Messages, for the lake: what was sent and what became of it, not what it said."""

from vuelve.platform.extension import LakeTable, LakeType

_W = LakeType.WHOLE
_T = LakeType.TEXT
_I = LakeType.TIME

LAKE = (
    LakeTable(
        "messages",
        "channels_message",
        {
            "id": _W,
            "channel": _T,
            "purpose": _T,
            "status": _T,
            "reason": _T,
            "template_version_id": _W,
            "journey_id": _W,
            "journey_version_id": _W,
            "step_key": _T,
            "run_id": _W,
            "locale": _T,
            "provider": _T,
            "queued_at": _I,
            "due_at": _I,
            "sent_at": _I,
            "finished_at": _I,
        },
    ),
    LakeTable("reachable", "channels_reachable", {"channel": _T}),
)
