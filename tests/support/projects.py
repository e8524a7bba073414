"""Codec projects as a vendor has them: made by the scaffold, changed, checked in their folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from gateway.cli.codec.new import write_skeleton

NAME = "door"


def project(folder: Path, *changes: tuple[str, str], name: str = NAME) -> Path:
    """Write the scaffold and replace texts in its codec, each of which must be there."""
    write_skeleton(name, folder)
    change(folder / f"{name}_gateway.py", *changes)
    return folder


def change(path: Path, *changes: tuple[str, str]) -> None:
    text = path.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")


def gatepost(folder: Path, *words: str, stdin: bytes = b"") -> subprocess.CompletedProcess[str]:
    """Run ``gatepost codec …`` in a folder, as a vendor does."""
    environ = {key: value for key, value in os.environ.items() if not key.startswith("GATEPOST_")}
    ran = subprocess.run(
        [sys.executable, "-m", "gateway", "codec", *words],
        cwd=folder,
        env=environ,
        input=stdin,
        capture_output=True,
        check=False,
    )
    return subprocess.CompletedProcess(
        ran.args, ran.returncode, ran.stdout.decode(), ran.stderr.decode()
    )
