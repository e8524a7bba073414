"""Make this terminal talk to us: whose it is, where it reports, whom it asks, all read back.

Every step may be done again, so an attempt that was cut off is simply made once more.
"""

from __future__ import annotations

import re

from gateway.codecs.errand import Terms
from gateway.codecs.hikvision.isapi.describe import Facts, identity
from gateway.codecs.hikvision.isapi.hosts import Ours, enter
from gateway.codecs.hikvision.isapi.questions import set_questions
from gateway.codecs.hikvision.isapi.recognition import stranger
from gateway.codecs.hikvision.isapi.talk import Work, refuse
from gateway.codecs.hikvision.keys import password, token
from gateway.codecs.hikvision.route import PREFIX, own_path
from gateway.codecs.hikvision.settings import read_settings
from gateway.codecs.hikvision.values import text

from gateway.domain.maintenance import Provision, Questions

_ADDRESS = re.compile(r"[0-9.]+\Z|.*:")


def provision(order: Provision, terms: Terms) -> Work[Facts]:
    """Set a terminal up; return what was found and done."""
    if terms.secret is None:
        raise refuse("no_key", "the device has no key, so it has no path; see device add")
    told = yield from identity()
    other = stranger(told, terms.serial)
    if other is not None and not order.whoever:
        raise refuse("other_device", other)
    ours = _ours(order, terms, terms.secret)
    trial = yield from enter(ours, replace=order.replace)
    if order.questions is not None:
        yield from set_questions(order.questions, order.patience_s)
    return (
        ("serial_number", text(told.get("serialNumber"))),
        ("model", text(told.get("model"))),
        ("firmware", text(told.get("firmwareVersion"))),
        ("reports_to", f"{order.host}:{order.port}"),
        ("questions", "as before" if order.questions is None else order.questions.value),
        ("trial", trial),
    )


def _ours(order: Provision, terms: Terms, secret: bytes) -> Ours:
    settings = read_settings(dict(terms.settings))
    path = own_path(
        terms.serial,
        token(secret),
        patience_s=order.patience_s if order.questions is not None else None,
        calls_back=order.questions is Questions.CALLED_BACK,
    )
    return Ours(
        url=PREFIX + path,
        host=order.host,
        is_name=_ADDRESS.match(order.host) is None,
        port=order.port,
        secure=order.secure,
        login=(terms.serial, password(secret)) if settings.digest else None,
    )
