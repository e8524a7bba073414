from __future__ import annotations

from dataclasses import replace
from importlib.metadata import EntryPoint
from typing import Any, cast

import pytest
from gateway.codecs.api import Limits
from gateway.codecs.kit import hooks
from gateway.codecs.registry import GROUP, Failure, Fault, load_dialects

from tests.codecs.acme import ACME as NOW

HERE = "tests.codecs.test_registry"
ACME = "tests.codecs.acme:ACME"


def entry(name: str, value: str, group: str = GROUP) -> EntryPoint:
    return EntryPoint(name=name, value=value, group=group)


FUTURE = replace(NOW, api=99)
SHOUTING = replace(NOW, name="Acme!")
LIMITLESS = replace(NOW, limits=cast(Limits, 7))
DEAF = replace(NOW, opening=cast(Any, None))
UNVERSIONED = replace(NOW, version="")


class Leaves:
    @property
    def exit(self) -> object:
        raise SystemExit(3)


LEAVES = Leaves()


def test_a_dialect_is_loaded_by_its_name() -> None:
    found = load_dialects([entry("acme", ACME)])
    assert [dialect.name for dialect in found.dialects.values()] == ["acme"]
    assert found.failures == ()


@pytest.mark.parametrize(
    ("name", "value", "fault", "reason"),
    [
        ("gone", "no.such.module:X", Fault.IMPORT, "cannot be imported: ModuleNotFoundError"),
        ("gone", "tests.codecs.acme:NOPE", Fault.IMPORT, "cannot be imported: AttributeError"),
        ("gone", f"{HERE}:LEAVES.exit", Fault.IMPORT, "cannot be imported: SystemExit"),
        ("gone", "tests.codecs.acme:FRAMES", Fault.SHAPE, "is LengthPrefixed, not Dialect"),
        ("other", ACME, Fault.CLASH, "'acme', its entry point 'other': give Dialect("),
        ("acme", f"{HERE}:FUTURE", Fault.API, "targets API 99, this gateway has 1"),
        ("Acme!", f"{HERE}:SHOUTING", Fault.SHAPE, "the name 'Acme!' is not"),
        ("acme", f"{HERE}:LIMITLESS", Fault.SHAPE, "limits is int, not Limits"),
        ("acme", f"{HERE}:DEAF", Fault.SHAPE, "must be callable"),
        ("acme", f"{HERE}:UNVERSIONED", Fault.SHAPE, "version is ''"),
    ],
)
def test_a_plug_in_that_cannot_be_used_is_a_finding(
    name: str, value: str, fault: Fault, reason: str
) -> None:
    found = load_dialects([entry(name, value), entry("acme" if name != "acme" else "x", ACME)])
    assert any(f.name == name and reason in f.reason and f.fault is fault for f in found.failures)
    assert name not in found.dialects


def test_the_others_still_run() -> None:
    found = load_dialects([entry("gone", "no.such.module:X"), entry("acme", ACME)])
    assert list(found.dialects) == ["acme"]
    assert [failure.name for failure in found.failures] == ["gone"]


def test_of_two_strangers_with_one_name_neither_runs() -> None:
    found = load_dialects([entry("acme", ACME), entry("acme", f"{HERE}:FUTURE")])
    assert found.dialects == {}
    assert found.failures == (
        Failure(name="acme", fault=Fault.CLASH, reason=f"{ACME} claims a name in use"),
        Failure(name="acme", fault=Fault.CLASH, reason=f"{HERE}:FUTURE claims a name in use"),
    )


def test_a_built_in_cannot_be_displaced() -> None:
    found = load_dialects([entry("acme", ACME), entry("acme", "gateway.codecs.api:Dialect")])
    assert [failure.reason for failure in found.failures] == [
        f"{ACME} claims a name in use",
        "gateway.codecs.api:Dialect is type, not Dialect",
    ]


def test_a_built_in_is_asked_first_whatever_the_names_are() -> None:
    found = load_dialects([entry("acme", ACME), entry("yls", "gateway.codecs.yls.dialect:DIALECT")])
    assert list(found.dialects) == ["yls", "acme"]


def test_the_installed_ones_tell_their_package() -> None:
    assert load_dialects().packages["yls"].startswith("gatepost ")


def test_the_same_entry_twice_is_one() -> None:
    assert list(load_dialects([entry("acme", ACME), entry("acme", ACME)]).dialects) == ["acme"]


def test_hooks_are_found_by_name() -> None:
    found = [entry("acme", "tests.codecs.acme_hooks:HOOKS", hooks.GROUP)]
    assert hooks.load_hooks("acme", found).messages[0].name == "passage"
    assert hooks.load_hooks("other", found) == hooks.Hooks()
    with pytest.raises(TypeError, match="not Hooks"):
        hooks.load_hooks("acme", [entry("acme", ACME)])
