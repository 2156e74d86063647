"""Points, for the lake."""

from vuelve.platform.extension import LakeTable, LakeType

_W = LakeType.WHOLE
_S = LakeType.SMALL
_T = LakeType.TEXT
_I = LakeType.TIME

LAKE = (
    LakeTable(
        "points_accounts",
        "loyalty_account",
        {
            "unit": _T,
            "balance": _W,
            "pending": _W,
            "issued": _W,
            "redeemed": _W,
            "expired": _W,
            "active_at": _I,
        },
    ),
    LakeTable(
        "points_entries",
        "loyalty_posting",
        {
            "seq": _W,
            "line": _S,
            "unit": _T,
            "from_account": _S,
            "to_account": _S,
            "points": _W,
            "balance_after": _W,
            "kind": _S,
            "at": _I,
        },
    ),
)
