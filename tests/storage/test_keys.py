from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from gateway.storage.crypto import Place, Sealer, make_master_key, read_master_key
from gateway.storage.keyring import DEVICE, RAW, open_keyring
from gateway.storage.opening import Storage

from gateway.domain.errors import GatepostError
from tests.support.reports import NOW

HERE = Place(table="picture", row=7, column="data")


def test_a_seal_opens_in_its_own_place_only() -> None:
    sealer = Sealer(3, bytes(32))
    sealed = sealer.seal(HERE, b"plain")
    assert sealer.open(HERE, sealed) == b"plain"
    assert len(sealed) == 12 + 5 + 16
    assert sealer.seal(HERE, b"plain") != sealed
    elsewhere = [
        Place(table="picture", row=8, column="data"),
        Place(table="device", row=7, column="data"),
        Place(table="picture", row=7, column="raw"),
    ]
    for place in elsewhere:
        with pytest.raises(GatepostError, match=r"key\.mismatch"):
            sealer.open(place, sealed)
    for other in (Sealer(4, bytes(32)), Sealer(3, bytes(31) + b"\1")):
        with pytest.raises(GatepostError, match=r"key\.mismatch"):
            other.open(HERE, sealed)


@pytest.mark.parametrize("at", [0, 11, 12, 16, 17, 32])
def test_every_byte_of_a_seal_counts(at: int) -> None:
    sealer = Sealer(3, bytes(32))
    sealed = bytearray(sealer.seal(HERE, b"plain"))
    sealed[at] ^= 1
    with pytest.raises(GatepostError, match=r"key\.mismatch"):
        sealer.open(HERE, bytes(sealed))


def test_associated_data_names_the_place() -> None:
    assert HERE.bound_to(3) == b"picture|7|data|3"


def test_the_key_file_is_made_private_whatever_the_umask(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "master.key"
    before = os.umask(0)
    try:
        make_master_key(path)
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert len(path.read_bytes()) == 32
    with pytest.raises(FileExistsError):
        make_master_key(path)


def test_a_key_that_was_never_finished_is_made_anew(
    storage: Storage, tmp_path: Path, run: Any
) -> None:
    """Killed while the first key was written: nothing is sealed yet, and the start goes on."""
    path = tmp_path / "first" / "master.key"
    path.parent.mkdir()
    path.with_name("master.key.part").write_bytes(b"half")

    async def main() -> None:
        await (await open_keyring(storage.database, path)).sealer(RAW, NOW.wall)

    run(main())
    assert [found.name for found in path.parent.iterdir()] == ["master.key"]


def test_the_key_file_appears_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(fd: int) -> None:
        assert not (tmp_path / "master.key").exists()
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", killed)
    with pytest.raises(KeyboardInterrupt):
        make_master_key(tmp_path / "master.key")
    assert not (tmp_path / "master.key").exists()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o620])
def test_a_key_others_may_touch_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "master.key"
    make_master_key(path)
    path.chmod(mode)
    with pytest.raises(GatepostError, match=r"key\.exposed"):
        read_master_key(path)


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_key_of_another_size_is_refused(tmp_path: Path, size: int) -> None:
    path = tmp_path / "master.key"
    path.write_bytes(bytes(size))
    path.chmod(0o600)
    with pytest.raises(GatepostError, match=r"key\.size"):
        read_master_key(path)


def test_a_link_is_no_key_file(tmp_path: Path) -> None:
    make_master_key(tmp_path / "real.key")
    (tmp_path / "master.key").symlink_to(tmp_path / "real.key")
    with pytest.raises(OSError, match="symbolic links"):
        read_master_key(tmp_path / "master.key")


def test_trouble_with_the_key_file_does_not_pass_for_the_databases(
    storage: Storage, tmp_path: Path, run: Any
) -> None:
    link = tmp_path / "master.key"
    link.symlink_to(tmp_path / "elsewhere")

    async def main() -> None:
        with pytest.raises(GatepostError) as caught:
            await open_keyring(storage.database, link)
        assert (caught.value.code, caught.value.place) == ("key.unreadable", str(link))
        (tmp_path / "file").touch()
        with pytest.raises(GatepostError, match=r"key\.unreadable.*Not a directory"):
            await open_keyring(storage.database, tmp_path / "file" / "master.key")
        assert storage.database.available

    run(main())


def test_a_lost_key_is_not_replaced_while_it_is_needed(
    storage: Storage, tmp_path: Path, run: Any
) -> None:
    path = tmp_path / "other.key"

    async def main() -> None:
        keyring = await open_keyring(storage.database, path)
        await keyring.sealer(RAW, NOW.wall)
        path.unlink()
        with pytest.raises(GatepostError, match=r"key\.missing"):
            await open_keyring(storage.database, path)
        assert not path.exists()

    run(main())


def test_the_key_of_another_database_is_refused(storage: Storage, tmp_path: Path, run: Any) -> None:
    async def main() -> None:
        await (await open_keyring(storage.database, tmp_path / "a.key")).sealer(RAW, NOW.wall)
        make_master_key(tmp_path / "b.key")
        with pytest.raises(GatepostError, match=r"key\.mismatch"):
            await open_keyring(storage.database, tmp_path / "b.key")

    run(main())


def test_one_data_key_a_class_and_month(storage: Storage, tmp_path: Path, run: Any) -> None:
    month = 31 * 86_400_000

    async def main() -> None:
        ring = await open_keyring(storage.database, tmp_path / "a.key")
        first = await ring.sealer(RAW, NOW.wall)
        assert await ring.sealer(RAW, NOW.wall + 1) is first
        names = {first.name, (await ring.sealer(DEVICE, NOW.wall)).name}
        names.add((await ring.sealer(RAW, NOW.wall + month)).name)
        assert len(names) == 3
        again = await open_keyring(storage.database, tmp_path / "a.key")
        reopened = await again.sealer(RAW, NOW.wall)
        assert reopened.open(HERE, first.seal(HERE, b"x")) == b"x"

    run(main())


def test_destroying_a_data_key_erases_what_it_sealed(
    storage: Storage, tmp_path: Path, run: Any
) -> None:
    async def main() -> None:
        sealer = await (await open_keyring(storage.database, tmp_path / "a.key")).sealer(
            RAW, NOW.wall
        )
        async with storage.database.use() as connection:
            await connection.execute("delete from data_key")
            later = await open_keyring(storage.database, tmp_path / "a.key")
            with pytest.raises(GatepostError, match=r"key\.destroyed"):
                await later.opener(connection, int(sealer.name))

    run(main())
