"""Makes, starts, watches and stops the PostgreSQL server that comes with the gateway.

Everything here blocks; call it from a thread once the event loop runs. The server outlives a
gateway that is killed: the next gateway adopts it instead of waiting for a shutdown.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from gateway.storage.layout import Layout, make_folders, own_folder, sync_folder
from gateway.storage.lockfile import LockFile
from gateway.storage.postgres_files import PostgresFiles, major_version, reachable_files
from gateway.storage.postmaster import POLL_S, find_postmaster, forget_stale
from gateway.storage.privilege import ServerUser, own_name
from gateway.storage.server_log import open_log, tail_of, trim_log
from gateway.storage.server_settings import SETTINGS, SUPERUSER, access_files

from gateway.domain.errors import GatepostError
from gateway.domain.ports import Log

START_S = 120.0
"""Longest start, seconds: a crash recovery replays at most ``max_wal_size`` of log."""
STOP_S = 30.0
"""Patience with a fast stop, seconds: it ends with a checkpoint."""
ORPHANS_S = 15.0
"""How long backends of a killed postmaster may hold the shared memory before we give up."""


class EmbeddedServer:
    """One cluster in one data directory, reached through a unix socket only."""

    def __init__(
        self,
        layout: Layout,
        files: PostgresFiles,
        user: ServerUser,
        *,
        settings: Mapping[str, str] = SETTINGS,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self.layout = layout
        self._files = files
        self._user = user
        self._settings = settings
        self._environ = environ
        self._lock = LockFile(layout.lock)
        self._turn = threading.Lock()
        """A revival in a thread and a stop must not cross."""
        self._child: subprocess.Popen[bytes] | None = None
        self.socket = Path()
        """Folder of the socket; known once started."""

    @property
    def dsn(self) -> str:
        """How a client on this machine connects."""
        return f"postgresql://{SUPERUSER}@/postgres?host={quote(str(self.socket))}&port=5432"

    def start(self) -> None:
        """Return once the server takes connections, whatever state an earlier one was left in.

        Raises GatepostError: ``database.locked`` (another gateway), ``database.folder`` (not ours),
        ``database.version`` (made by another major version), ``database.start``.
        """
        make_folders(self.layout.root, self.layout.postgres, shared=self._user.switch)
        self._lock.acquire()
        try:
            self._prepare()
            self._adopt_or_launch()
        except BaseException:
            self._lock.release()
            raise

    def stop(self) -> None:
        """Shut down cleanly; harmless when nothing runs or another gateway's server does."""
        with self._turn:
            if not self._lock.held:
                return
            running = find_postmaster(self.layout.data)
            if running is not None:
                running.stop(STOP_S)
            self._bury()
            self._lock.release()

    def revive(self) -> bool:
        """Start the server again if it died; says whether it had to. A stopped one stays so."""
        with self._turn:
            if not self._lock.held:
                return False
            with suppress(OSError):  # on a full disk the log stays long, and the server comes first
                trim_log(self.layout.log)
            if find_postmaster(self.layout.data) is not None:
                return False
            self._bury()
            self._adopt_or_launch()
            return True

    async def watch(self, log: Log, interval_s: float = 1.0) -> None:
        """Keep the server alive until cancelled."""
        while True:
            await asyncio.sleep(interval_s)
            try:
                if await asyncio.to_thread(self.revive):
                    log.warning("database.restarted")
            except Exception as error:
                # No room for a log file, no memory for a process: the next look may fare better.
                log.error("database.not_restarted", reason=str(error))  # noqa: TRY400 - no traceback

    def _prepare(self) -> None:
        self._check_passage()
        self._files = reachable_files(self._files, self._user, self.layout.postgres)
        major = major_version(self._files, self._user)
        folders = self.layout.socket_folders(os.geteuid(), self._environ)
        self.socket = folders[0]
        own_folder(self.socket, self._user.uid, self._user.gid)
        access_files(self.layout, own_name())
        if not self.layout.data.exists() or not any(self.layout.data.iterdir()):
            self._make_cluster()
        own_folder(self.layout.data, self._user.uid, self._user.gid)
        self._check_version(major)

    def _check_version(self, major: str) -> None:
        stamp = self.layout.data / "PG_VERSION"
        if not stamp.is_file():
            raise GatepostError(
                "database.folder",
                "this holds files, but no PostgreSQL cluster.",
                place=str(self.layout.data),
                remedy="Move it away, or restore what is missing from its backup.",
            )
        made_by = stamp.read_text().strip()
        if made_by != major:
            raise GatepostError(
                "database.version",
                f"the data were made by PostgreSQL {made_by}, the programs are version {major}.",
                place=str(self.layout.data),
                remedy=f"Dump them with version {made_by}, move the folder away and restore.",
            )

    def _check_passage(self) -> None:
        if not self._user.can_enter(self.layout.postgres):
            raise GatepostError(
                "database.folder",
                f"user {self._user.name}, as whom the server runs, cannot pass through to it.",
                place=str(self.layout.postgres),
                remedy="Choose a data directory outside private folders; modes are left alone.",
            )

    def _make_cluster(self) -> None:
        """Run initdb aside and move the result into place, so that half a cluster never counts."""
        unfinished = self.layout.data.with_name("data.part")
        shutil.rmtree(unfinished, ignore_errors=True)
        own_folder(unfinished, self._user.uid, self._user.gid)
        made = self._user.run(
            [
                self._files.initdb,
                f"--pgdata={unfinished}",
                f"--username={SUPERUSER}",
                "--auth=reject",
                "--encoding=UTF8",
                "--no-locale",
                "--data-checksums",
                "--no-instructions",
            ]
        )
        if made.returncode != 0:
            raise self._failure(f"initdb failed: {made.stderr.strip()}")
        unfinished.rename(self.layout.data)
        sync_folder(self.layout.postgres)  # or a power cut leaves acknowledged records in data.part

    def _command(self) -> list[str]:
        options = {
            **self._settings,
            "unix_socket_directories": str(self.socket),
            "hba_file": str(self.layout.postgres / "pg_hba.conf"),
            "ident_file": str(self.layout.postgres / "pg_ident.conf"),
        }
        command = [str(self._files.postgres), "-D", str(self.layout.data)]
        for name, value in options.items():
            command += ["-c", f"{name}={value}"]
        return command

    def _adopt_or_launch(self) -> None:
        running = find_postmaster(self.layout.data)
        if running is not None:
            same = running.options() == _as_written(self._command())
            if same and self._await_ready(time.monotonic() + START_S):
                return
            running.stop(STOP_S)  # other settings, an older release, or a failed start
        patience = time.monotonic() + ORPHANS_S
        while not self._launch():
            if time.monotonic() > patience:
                raise self._failure("the server ends right after its start.")
            time.sleep(POLL_S * 10)

    def _launch(self) -> bool:
        forget_stale(self.layout.data, self.socket)
        with open_log(self.layout.log) as output:
            self._child = self._user.spawn(self._command(), output)
        return self._await_ready(time.monotonic() + START_S)

    def _await_ready(self, deadline: float) -> bool:
        """Return whether it got ready; False when the process ended instead."""
        while time.monotonic() < deadline:
            found = find_postmaster(self.layout.data)
            if found is not None and found.status == "ready":
                return True
            if found is None and (self._child is None or self._child.poll() is not None):
                return False
            time.sleep(POLL_S)
        raise self._failure(f"the server was not ready within {START_S:.0f} s.")

    def _bury(self) -> None:
        """Collect our child, which has ended or is about to: its number stays taken until then."""
        if self._child is not None:
            try:
                self._child.wait(STOP_S)
            except subprocess.TimeoutExpired:
                raise self._failure("the server runs but has lost its pid file.") from None
            self._child = None

    def _failure(self, message: str) -> GatepostError:
        return GatepostError(
            "database.start",
            message,
            place=str(self.layout.data),
            remedy=f"The last lines of {self.layout.log}:\n{tail_of(self.layout.log)}",
        )


def _as_written(command: list[str]) -> str:
    """Write a command line the way PostgreSQL writes postmaster.opts."""
    return " ".join([command[0], *(f'"{word}"' for word in command[1:])])
