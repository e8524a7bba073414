"""Where a gateway keeps its things, and that no other one shares them."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from gateway.storage.lockfile import LockFile

from gateway.database import admin_socket, opened
from gateway.domain.errors import GatepostError
from gateway.settings import AdminSection, GatewaySection, Settings, StorageSection


def at(folder: Path, dsn: str = "") -> Settings:
    return Settings(gateway=GatewaySection(data_dir=folder), storage=StorageSection(dsn=dsn))


def test_the_administration_socket_lies_in_the_data_directory(tmp_path: Path) -> None:
    short = Path("/srv/gatepost")
    assert admin_socket(at(short), {}) == short / "admin.sock"
    named = Settings(admin=AdminSection(socket=tmp_path / "a"))
    assert admin_socket(named, {}) == tmp_path / "a"


def test_a_long_data_directory_gets_a_short_socket_in_a_private_folder(tmp_path: Path) -> None:
    settings = at(tmp_path / ("x" * 100))
    found = admin_socket(settings, {})
    try:
        assert len(str(found)) < 108
        assert found.parent.stat().st_mode & 0o777 == 0o700
        assert admin_socket(settings, {}) == found
        found.parent.chmod(0o755)
        with pytest.raises(GatepostError, match=r"database\.folder"):
            admin_socket(settings, {})
    finally:
        found.parent.rmdir()


def test_two_gateways_on_one_data_directory_are_refused_with_a_database_elsewhere_too(
    tmp_path: Path,
) -> None:
    """Key and administration socket lie there: the second would take both from the first."""
    folder = tmp_path / "data"

    async def main() -> None:
        async with opened(at(folder, "postgresql://127.0.0.1:1/nowhere")):
            pass

    folder.mkdir()
    held = LockFile(folder / "gatepost.lock")
    held.acquire()
    with pytest.raises(GatepostError, match=r"database\.locked"):
        asyncio.run(main())
    held.release()
    with pytest.raises(GatepostError, match=r"database\.unreachable"):
        asyncio.run(main())
    held.acquire()  # it was let go
    held.release()
