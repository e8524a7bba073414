from __future__ import annotations

from dataclasses import replace
from importlib.metadata import EntryPoint

import pytest
from gateway.codecs.kit import hooks
from gateway.codecs.registry import GROUP, Failure, load_dialects

from tests.codecs.acme import ACME as NOW

HERE = "tests.codecs.test_registry"
ACME = "tests.codecs.acme:ACME"


def entry(name: str, value: str, group: str = GROUP) -> EntryPoint:
    return EntryPoint(name=name, value=value, group=group)


FUTURE = replace(NOW, api=99)


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
    ("name", "value", "reason"),
    [
        ("gone", "no.such.module:X", "cannot be imported: ModuleNotFoundError"),
        ("gone", "tests.codecs.acme:NOPE", "cannot be imported: AttributeError"),
        ("gone", f"{HERE}:LEAVES.exit", "cannot be imported: SystemExit"),
        ("gone", "tests.codecs.acme:FRAMES", "is LengthPrefixed, not Dialect"),
        ("other", ACME, "calls itself 'acme', its entry point 'other'"),
        ("acme", f"{HERE}:FUTURE", "targets API 99, this gateway has 1"),
    ],
)
def test_a_plug_in_that_cannot_be_used_is_a_finding(name: str, value: str, reason: str) -> None:
    found = load_dialects([entry(name, value), entry("acme" if name != "acme" else "x", ACME)])
    assert any(f.name == name and reason in f.reason for f in found.failures)
    assert name not in found.dialects


def test_the_others_still_run() -> None:
    found = load_dialects([entry("gone", "no.such.module:X"), entry("acme", ACME)])
    assert list(found.dialects) == ["acme"]
    assert [failure.name for failure in found.failures] == ["gone"]


def test_of_two_strangers_with_one_name_neither_runs() -> None:
    found = load_dialects([entry("acme", ACME), entry("acme", f"{HERE}:FUTURE")])
    assert found.dialects == {}
    assert found.failures == (
        Failure(name="acme", reason=f"{ACME} claims a name in use"),
        Failure(name="acme", reason=f"{HERE}:FUTURE claims a name in use"),
    )


def test_a_built_in_cannot_be_displaced() -> None:
    found = load_dialects([entry("acme", ACME), entry("acme", "gateway.codecs.api:Dialect")])
    assert [failure.reason for failure in found.failures] == [
        f"{ACME} claims a name in use",
        "gateway.codecs.api:Dialect is type, not Dialect",
    ]


def test_the_same_entry_twice_is_one() -> None:
    assert list(load_dialects([entry("acme", ACME), entry("acme", ACME)]).dialects) == ["acme"]


def test_hooks_are_found_by_name() -> None:
    found = [entry("acme", "tests.codecs.acme_hooks:HOOKS", hooks.GROUP)]
    assert hooks.load_hooks("acme", found).messages[0].name == "passage"
    assert hooks.load_hooks("other", found) == hooks.Hooks()
    with pytest.raises(TypeError, match="not Hooks"):
        hooks.load_hooks("acme", [entry("acme", ACME)])
