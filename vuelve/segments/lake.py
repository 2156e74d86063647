"""Who is in which segment, for the lake."""

from vuelve.platform.extension import LakeTable, LakeType

_W = LakeType.WHOLE
_I = LakeType.TIME

LAKE = (
    LakeTable(
        "segment_members",
        "segments_member",
        {
            "segment_id": _W,
            "entered_at": _I,
        },
    ),
)
