"""Whom a terminal asks who may pass: AcsCfg, changed by what its capabilities allow."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.codecs.hikvision.documents import Values
from gateway.codecs.hikvision.isapi.abilities import Ability, read_abilities
from gateway.codecs.hikvision.isapi.talk import Work, change, fetch, members, put_json, read, refuse
from gateway.codecs.hikvision.values import flag, text

from gateway.domain.maintenance import Questions

ACCESS = "/ISAPI/AccessControl/capabilities?format=json"
TARGET = "/ISAPI/AccessControl/AcsCfg?format=json"
ABILITIES = "/ISAPI/AccessControl/AcsCfg/capabilities?format=json"
ROOT = "AcsCfg"
MODES = {Questions.ANSWERED: "sync", Questions.CALLED_BACK: "async"}


def read_questions() -> Work[Values]:
    """Return AcsCfg."""
    return (yield from read(TARGET, ROOT))


def set_questions(questions: Questions, patience_s: int) -> Work[None]:
    """Have the terminal ask as wanted, and read it back.

    Raises Ended: ``unsupported``, ``bad_value``, ``not_applied``.
    """
    wanted = _wanted(questions, patience_s)
    yield from _check_access()
    abilities = read_abilities((yield from fetch(ABILITIES)), ROOT)
    _check(wanted, abilities)
    before = yield from read_questions()
    yield from change(put_json(TARGET, ROOT, {**before, **wanted}, repeatable=True))
    after = yield from read_questions()
    differ = [name for name, value in wanted.items() if not _same(after.get(name), value)]
    if differ:
        raise refuse("not_applied", f"read back otherwise: {', '.join(differ)}")


def _wanted(questions: Questions, patience_s: int) -> Values:
    if questions is Questions.OFF:
        return {"remoteCheckDoorEnabled": False}
    return {
        "remoteCheckDoorEnabled": True,
        "checkChannelType": "ISAPIListen",
        "remoteCheckWithISAPIListen": MODES[questions],
        "remoteCheckTimeout": patience_s,
    }


def _check_access() -> Work[None]:
    told = members((yield from fetch(ACCESS)), "AccessControl")
    for name in ("isSupportRemoteCheck", "isSupportAcsCfg"):
        if not flag(told.get(name)):
            raise refuse("unsupported", f"it does not say {name}")


def _check(wanted: Values, abilities: Mapping[str, Ability]) -> None:
    mode = "remoteCheckWithISAPIListen"
    if mode in wanted and mode not in abilities:
        raise refuse("unsupported", f"its AcsCfg has no {mode}")
    for name, value in wanted.items():
        ability = abilities.get(name, Ability())
        fits = ability.takes_number(value) if type(value) is int else True
        if not fits or (isinstance(value, str) and not ability.takes(value)):
            raise refuse("bad_value" if not fits else "unsupported", f"{name} cannot be {value}")


def _same(found: object, wanted: object) -> bool:
    if isinstance(wanted, bool):
        return flag(found) is wanted
    return text(found).lower() == str(wanted).lower()
