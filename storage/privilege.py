"""As whom the embedded server runs: PostgreSQL refuses to run as root.

A gateway started by root drops to an existing unprivileged user; it creates no user and opens no
folder. Whether that user can reach a file is asked of the kernel, not computed from modes.
"""

from __future__ import annotations

import os
import pwd
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from gateway.domain.errors import GatepostError

DEFAULT_USERS = ("postgres", "nobody")
ENVIRONMENT = {"LC_ALL": "C", "TZ": "UTC", "PATH": "/usr/bin:/bin"}
"""All the server sees of our environment: a stray PGDATA or PGPORT must not steer it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerUser:
    """The operating-system user the server runs as."""

    name: str
    uid: int
    gid: int
    switch: bool
    """We are root and become that user for each of the server's processes."""

    def spawn(self, command: Sequence[str | Path], output: IO[bytes]) -> subprocess.Popen[bytes]:
        """Start a long-lived process as this user, writing both its outputs to ``output``.

        It gets a session of its own: Ctrl-C in a terminal must reach the gateway, which stops its
        server last, and not the server, which would stop first.
        """
        return subprocess.Popen(  # noqa: S603 - our own programs, no shell
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd="/",
            env=ENVIRONMENT,
            start_new_session=True,
            umask=0o077,
            user=self.uid if self.switch else None,
            group=self.gid if self.switch else None,
            extra_groups=[] if self.switch else None,
        )

    def run(self, command: Sequence[str | Path]) -> subprocess.CompletedProcess[str]:
        """Run a short command as this user and return what it wrote."""
        return subprocess.run(  # noqa: S603 - our own programs, no shell
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            env=ENVIRONMENT,
            umask=0o077,
            user=self.uid if self.switch else None,
            group=self.gid if self.switch else None,
            extra_groups=[] if self.switch else None,
        )

    def can_enter(self, folder: Path) -> bool:
        """Whether this user may look up names in ``folder``."""
        return (
            self.run(["/bin/sh", "-c", 'test -d "$1" && test -x "$1"', "sh", folder]).returncode
            == 0
        )

    def can_execute(self, program: Path) -> bool:
        """Whether this user may run ``program``."""
        return self.run(["/bin/sh", "-c", 'test -x "$1"', "sh", program]).returncode == 0


def server_user(wanted: str | None = None) -> ServerUser:
    """Choose the server's user; ``wanted`` is the setting.

    Raises GatepostError ``database.user`` for an unknown user, for root, and for another user than
    our own when we are not root.
    """
    euid = os.geteuid()
    if euid != 0:
        own = _entry_of(euid)
        if wanted not in (None, own.pw_name):
            raise _refusal(f"only root can run the server as user {wanted!r}.")
        return ServerUser(name=own.pw_name, uid=euid, gid=os.getegid(), switch=False)
    for name in (wanted,) if wanted else DEFAULT_USERS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid == 0:
            raise _refusal("PostgreSQL refuses to run as root.")
        return ServerUser(name=name, uid=entry.pw_uid, gid=entry.pw_gid, switch=True)
    raise _refusal(f"there is no user {wanted or ' or '.join(DEFAULT_USERS)!r} on this machine.")


def own_name() -> str:
    """Return the name of the user this process runs as."""
    return _entry_of(os.geteuid()).pw_name


def _entry_of(uid: int) -> pwd.struct_passwd:
    try:
        return pwd.getpwuid(uid)
    except KeyError:
        raise _refusal(f"user id {uid} has no entry in the user database.") from None


def _refusal(message: str) -> GatepostError:
    return GatepostError(
        "database.user",
        message,
        place="setting storage.postgres_user",
        remedy="Name an existing unprivileged user, or set storage.dsn to use another server.",
    )
