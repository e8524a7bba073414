"""Where the gateway keeps its files on this machine, and which of them belong to whom.

Owns paths only. The one thing it changes on disk is folders inside the data directory; the mode of
a folder above it is never touched, because that would open somebody else's home to everybody.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from gateway.domain.errors import GatepostError

SOCKET_NAME = ".s.PGSQL.5432"
SOCKET_PATH_BYTES = 107
"""Linux: ``sun_path`` holds 108 bytes and the last one is the terminating zero (unix(7))."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The data directory; everything but ``data`` and ``run`` belongs to the gateway's own user."""

    root: Path

    def __post_init__(self) -> None:
        # The server's working directory is not ours, so a relative path would mean two places.
        object.__setattr__(self, "root", self.root.absolute())

    @property
    def lock(self) -> Path:
        """Locked while a gateway uses this directory."""
        return self.root / "gatepost.lock"

    @property
    def master_key(self) -> Path:
        """The key that wraps all others; the database's user cannot read it."""
        return self.root / "keys" / "master.key"

    @property
    def postgres(self) -> Path:
        """Folder of the embedded server."""
        return self.root / "postgres"

    @property
    def data(self) -> Path:
        """The cluster itself, owned by the server's user, 0700."""
        return self.postgres / "data"

    @property
    def log(self) -> Path:
        """What the server writes to its standard error."""
        return self.postgres / "server.log"

    def socket_folders(self, euid: int, environ: Mapping[str, str]) -> list[Path]:
        """Where the server's socket may lie, best first; those that cannot be used are left out."""
        folders = [self.postgres / "run", *self._short_folders("", euid, environ)]
        return [folder for folder in folders if fits_socket(folder)]

    def admin_folders(self, euid: int, environ: Mapping[str, str]) -> list[Path]:
        """Where the administration socket may lie, best first.

        Never beside the server's: the server's user could put another socket in its place.
        """
        folders = [self.root, *self._short_folders("-admin", euid, environ)]
        return [folder for folder in folders if fits_socket(folder)]

    def _short_folders(self, kind: str, euid: int, environ: Mapping[str, str]) -> Iterator[Path]:
        short = f"gatepost-{hashlib.sha256(os.fsencode(self.root)).hexdigest()[:16]}{kind}"
        if euid == 0:
            yield Path("/run") / short
        elif environ.get("XDG_RUNTIME_DIR"):
            yield Path(environ["XDG_RUNTIME_DIR"]) / short
        yield Path("/tmp") / short  # noqa: S108 - ownership is checked by `own_folder`


def fits_socket(folder: Path) -> bool:
    """Say whether a unix socket in ``folder`` has an address kernel and clients accept.

    To a PostgreSQL client a comma separates two hosts, and nothing can quote it.
    """
    address = os.fsencode(folder / SOCKET_NAME)
    return len(address) <= SOCKET_PATH_BYTES and b"," not in address


def default_root(euid: int, environ: Mapping[str, str]) -> Path:
    """Return the data directory of somebody who set none (XDG base directories for a user).

    A relative path in the environment is no path: the standard wants it ignored.
    """
    if euid == 0:
        return Path("/var/lib/gatepost")
    base = Path(environ.get("XDG_DATA_HOME", ""))
    if not base.is_absolute():
        home = environ.get("HOME") or pwd.getpwuid(euid).pw_dir
        base = Path(home) / ".local/share"
    return base / "gatepost"


def make_folders(*folders: Path, shared: bool) -> None:
    """Create the gateway's own folders; one that exists already keeps its mode.

    ``shared`` lets another user, the server's, pass through to its own folders: 0711, not listable.
    Then the folders on the way that had to be made are open as well, whatever our umask. Raises
    GatepostError ``database.folder`` when they cannot be made.
    """
    try:
        for folder in folders:
            if shared:
                _make_open(folder.parent)
            else:
                folder.parent.mkdir(parents=True, exist_ok=True)
            if not folder.exists():
                folder.mkdir()
                folder.chmod(0o711 if shared else 0o700)
    except OSError as error:
        raise GatepostError(
            "database.folder",
            f"{error.strerror}.",
            place=str(error.filename or folders[0]),
            remedy="Set gateway.data_dir to a folder that this user may make and write to.",
        ) from error


def _make_open(folder: Path) -> None:
    if not folder.exists():
        _make_open(folder.parent)
        folder.mkdir()
        folder.chmod(0o755)


def sync_folder(folder: Path) -> None:
    """Make what was created or renamed in ``folder`` survive a power cut."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def own_folder(folder: Path, uid: int, gid: int) -> None:
    """Create ``folder`` as 0700 of ``uid``, or check that it is exactly that.

    Raises GatepostError ``database.folder`` for a link, for another owner and for a folder that
    others may enter: in a place everybody can write to, somebody else may have made it first.
    """
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        pass
    else:
        if os.geteuid() != uid:
            os.chown(folder, uid, gid)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != uid or found.st_mode & 0o077:
        raise GatepostError(
            "database.folder",
            f"this must be a folder of user id {uid} with mode 0700, but it belongs to"
            f" {found.st_uid} with mode {stat.S_IMODE(found.st_mode):04o}.",
            place=str(folder),
            remedy="Move it away, or start the gateway as the user who made it.",
        )
