"""How each check's facts are known: against what they were checked, and whether run or read."""

from enum import StrEnum

from scaffold.check.model import SDK_VERSION


class Basis(StrEnum):
    """One way of knowing, with the version it was known of."""

    SDK_RUN = f"run on chutes {SDK_VERSION}"
    SDK_READ = f"read in chutes {SDK_VERSION}"
    API_RUN = "run on the API's application of 2026-05-26, on loopback"
    API_PART_RUN = "run on the validators of the API of October 2025, alone"
    API_READ = "read in the API's source of 2026-05-26"
    API_NEW = "read in the API's source of mid-2026 (8c153aa)"
    POD_READ = "read in the orchestrator's source of 2026-08-05"
    LIVE = "seen on the live platform in August 2026, by others"
    LIVE_ONCE = "seen once on the live platform in 2026, by the author of a public chute"
    TOOLS = "run with the Python and the packages of this project; no part of the platform"
    KNOWN = "documented by the package or the program itself; not run here"
    PRACTICE = "a rule of practice; nothing of the platform depends on it"


_B = Basis
# By id, or by the beginning of ids where no longer one stands.
_TABLE: dict[tuple[Basis, ...], str] = {
    (_B.SDK_RUN,): """
        SU101 SU102 SU103 SU104 SU105 SU106 SU107 SU108 SU114 SU115 SU116 SU117 SC102 SC103 SC105
        SC101 SC110 SC104 SC106 SC109 SC107 CA105 HE106 IV101 IV102 IV103 IV104 IV105 IV111 IV112
        IV113 OU101 OU102 OU103 OU104 OU105 OU106 OU108 KS104 KS111 KS110 LO102 ME101 ME102 ME103
        LI109 LI110 HW105 HW106 HW107 HW110 HW111 PA104 PA107 PA108 PA110 PA111 PA112 PA113 PA117
        PA118 PA119 PA120 PA121 IM101 IM102 IM103 IM104 IM107 IM112 IM114 IM117 SD101 SD102 SD103
        SD104 SD109 SD111 TE CI101 CI102 CI103 CI104 CI105 CI108 CI109 CI110 TA102 LD101 LD102 SU110
    """,
    (_B.SDK_READ,): "SU113 SU109 SU112 IM115 IM106 IM105 IM109 SG104 SD108 CI106 IV106 LO106 SC108",
    (_B.API_RUN,): """
        LI101 LI102 LI103 LI104 LI105 LI106 HW101 HW102 HW103 HW104 HW108 HW109 IM119 NA108
        TA101 TA105 CI112 LD103 CI107
    """,
    (_B.API_PART_RUN, _B.API_READ): "NA101 NA103 NA104 PA101 PA102 PA103 LI107 LI108 LD104",
    (_B.API_READ,): """
        NA102 NA105 NA106 NA107 PA105 PA114 PA115 PA116 HE102 HE103 ER101 ER105 OU107 OU109 OU111
        ER108 KS105 KS109 IV114 LI111 TA103 ME105 SD107 SD110 CI111 SD105 EN103 ER102 HE104 HE105
    """,
    (_B.API_NEW,): "PA106 PA109",
    (_B.POD_READ,): "CA102 CA107 CA108 IM110 IM111 IM116 SU111 SU119 LO105",
    (_B.POD_READ, _B.LIVE): "CA101 CA110",
    (_B.LIVE,): "KS112 LI112",
    (_B.TOOLS,): "IV108 IV109 IV110 ER106 SD106 CA104 CA106 PI102 CA103 KS114 KS115 IV116",
    (_B.KNOWN,): """
        IM108 IM113 IM118 PI101 PI103 PI105 PI106 PI107 PI109 PI110 PI111 PI112 PI114 TA104
        SU120
    """,
    (_B.PRACTICE,): """
        CA109 ER103 ER104 ER107 HE101 IV107 IV115 KS101 KS102 KS103 KS106 KS107 KS108 KS113 LO101
        LO103 LO104 ME104 OU110 PI104 PI108 PI113 SG101 SG102 SG103 SG105 EN101 EN102 EN104 CK101
        SU118
    """,
}
# What is known in a second way as well.
_ALSO: dict[Basis, str] = {
    Basis.SDK_RUN: "PA101 PA102 PA103 IM119 HW101 TA101 NA103 PA109 KS112",
    Basis.API_NEW: "HW101 HW102 LI105 NA102 NA108 PA114 PA115 HW107 NA101 LI101 LI102",
    Basis.LIVE: "IV105",
    Basis.LIVE_ONCE: "PA104",
    Basis.API_READ: "PA104 ER103 ER104",
}


def basis(id: str) -> tuple[Basis, ...]:
    """How the facts of a check are known."""
    found = [kinds for kinds, ids in _TABLE.items() if _among(id, ids)]
    also = [kind for kind, ids in _ALSO.items() if _among(id, ids)]
    return tuple(dict.fromkeys([kind for kinds in found for kind in kinds] + also))


def _among(id: str, ids: str) -> bool:
    return any(id.startswith(word) for word in ids.split())


def known(id: str) -> str:
    """The same in a sentence."""
    return f"Checked: {'; '.join(basis(id))}."
