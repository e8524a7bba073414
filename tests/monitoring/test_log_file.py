"""The log file and whoever rotates it."""

from __future__ import annotations

from pathlib import Path

import pytest
from gateway.monitoring.log_file import LogFile


def test_a_file_moved_away_is_followed_by_a_new_one(tmp_path: Path) -> None:
    path = tmp_path / "log"
    file = LogFile(path)
    file.write(b"one\n")
    path.rename(tmp_path / "log.1")
    file.write(b"two\n")
    file.write(b"three\n")
    file.close()
    assert (tmp_path / "log.1").read_bytes() == b"one\n"
    assert path.read_bytes() == b"two\nthree\n"


def test_a_file_that_was_truncated_is_appended_to(tmp_path: Path) -> None:
    path = tmp_path / "log"
    file = LogFile(path)
    file.write(b"one\n")
    path.write_bytes(b"")
    file.write(b"two\n")
    file.close()
    assert path.read_bytes() == b"two\n"


def test_a_successor_that_cannot_be_made_leaves_the_old_one_in_use(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    path = folder / "log"
    file = LogFile(path)
    folder.rename(tmp_path / "elsewhere")
    with pytest.raises(FileNotFoundError):
        file.write(b"lost\n")
    folder.mkdir()
    file.write(b"found\n")
    file.close()
    assert path.read_bytes() == b"found\n"
