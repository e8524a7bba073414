"""From settings to bounds."""

from __future__ import annotations

import os
import resource
from pathlib import Path

import pytest
from gateway.codecs.yls.settings import read_settings
from gateway.protocols.gate import CONNECTION_BYTES, SECURE_CONNECTION_BYTES, SPARE_FILES

from gateway.limits import dialect_options, listener_limits, memory_bytes, raise_open_files
from gateway.setting_kinds import Address
from gateway.settings import ListenSection, SessionsSection, Settings


@pytest.mark.parametrize(
    ("tls", "each"),
    [(None, CONNECTION_BYTES), (Address("127.0.0.1", 7791), SECURE_CONNECTION_BYTES)],
)
def test_the_ceiling_reckons_with_what_tls_costs(
    tls: Address | None, each: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": 2**20}
    monkeypatch.setattr(os, "sysconf", memory.__getitem__)
    monkeypatch.setattr(resource, "getrlimit", lambda _: (10**6, 10**6))
    limits = listener_limits(Settings(listen=ListenSection(tls=tls)))
    assert limits.connections == 2**31 // each


def test_open_files_bound_the_connections_and_are_raised_to_what_we_may_have() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (512, hard))
    try:
        assert listener_limits(Settings()).connections == 512 - SPARE_FILES
        raise_open_files()
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (hard, hard)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_setting_is_taken_as_it_is() -> None:
    assert listener_limits(Settings(listen=ListenSection(connections=7))).connections == 7


def test_a_container_gets_a_share_of_its_own_memory(tmp_path: Path) -> None:
    machine = memory_bytes(tmp_path)
    assert machine > 0
    limit = tmp_path / "memory.max"
    limit.write_text("max\n")
    assert memory_bytes(tmp_path) == machine
    limit.write_text("268435456\n")
    assert memory_bytes(tmp_path) == 268435456


def test_conversations_are_told_what_an_operator_set() -> None:
    options = dialect_options(Settings(sessions=SessionsSection(window=2, uplink_ms=15)))
    told = read_settings(options["yls"])
    assert (told.window, told.uplink_ms, told.bus_address) == (2, 15, 0)
