"""Protocols without proof: off unless asked for, and only from addresses that are named."""

from __future__ import annotations

from pathlib import Path

import pytest
from gateway.codecs.registry import load_dialects

from gateway.bindings import Bindings, parse_binding
from gateway.config import load
from gateway.config_text import toml_value
from gateway.dialect_choice import enabled_dialects
from gateway.domain.errors import GatepostError
from gateway.domain.ids import Serial
from tests.gateway.test_config import mistakes, written

A, B = Serial("0A"), Serial("0B")
TABLE = '[[unproved]]\nlisten = "10.8.0.1:7793"\ndialect = "cti"\n'
KNOWN = load_dialects().dialects


def test_only_proved_protocols_are_served_unless_somebody_asks() -> None:
    settings = load(None, {})
    assert settings.dialects.enabled == ("yls",)
    assert settings.unproved == ()
    assert [one.name for one in enabled_dialects(settings.dialects.enabled, KNOWN)] == ["yls"]


def test_a_list_may_come_from_the_environment() -> None:
    settings = load(None, {"GATEPOST_DIALECTS__ENABLED": "acme, yls"})
    assert settings.dialects.enabled == ("acme", "yls")
    assert toml_value(settings.dialects.enabled) == '["acme", "yls"]'


def test_a_protocol_without_proof_cannot_be_enabled_for_everybody() -> None:
    with pytest.raises(GatepostError, match="prove nothing"):
        enabled_dialects(("yls", "cti"), KNOWN)
    with pytest.raises(GatepostError, match='no protocol "ylz"'):
        enabled_dialects(("ylz",), KNOWN)


def test_a_listener_without_bound_devices_is_refused(tmp_path: Path) -> None:
    for text, wanted in (
        ("", "this key is needed"),
        ("devices = []\n", "at least 1 item"),
        ('devices = ["0A"]\n', "device code=network"),
        ('devices = ["0A=10.0.0.0/8"]\n', "binds nobody"),
        ('devices = ["0A=::/0"]\n', "binds nobody"),
        ('devices = ["0A=10.8.3.1/28"]\n', "has host bits set"),
    ):
        found = mistakes(written(tmp_path, TABLE + text))
        assert len(found) == 1, text
        assert wanted in found[0][2], found


def test_a_device_is_believed_from_its_own_networks_only() -> None:
    binds = Bindings(["0A=10.8.3.0/28", "0A=2001:db8:1::/64", "0B=192.0.2.7"])
    assert [binds(A, peer) for peer in ("10.8.3.15", "::ffff:10.8.3.1", "2001:db8:1::9")] == [
        True
    ] * 3
    assert [binds(A, peer) for peer in ("10.8.3.16", "192.0.2.7", "2001:db8:2::9")] == [False] * 3
    assert binds(B, "192.0.2.7")
    assert not binds(Serial("0C"), "192.0.2.7")
    assert len(binds) == 2


def test_a_serial_number_may_hold_the_sign_that_ends_it() -> None:
    assert parse_binding("a=b=10.8.3.0/28")[0] == "a=b"
