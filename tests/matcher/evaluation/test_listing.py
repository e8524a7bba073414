"""Which files of a folder count as pictures of whom."""

from __future__ import annotations

from pathlib import Path

import pytest
from gateway.matcher.evaluation.listing import listing

from gateway.domain.errors import GatepostError


def lay(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")


def test_pictures_come_in_natural_order_and_strangers_are_passed_over(tmp_path: Path) -> None:
    lay(tmp_path, "s10/1.pgm", "s2/10.PNG", "s2/9.jpeg", "s2/notes.txt", "README", "s2/more/1.png")
    found = listing(tmp_path)
    assert [one.name for one in found.pictures] == ["s2/9.jpeg", "s2/10.PNG", "s10/1.pgm"]
    assert found.passed_over == 2


def test_names_of_digits_and_letters_sort_together(tmp_path: Path) -> None:
    lay(tmp_path, "7/1.png", "anna/1.png", "7b/1.png", "²/1.png")
    assert {one.identity for one in listing(tmp_path).pictures} == {"7", "7b", "anna", "²"}


def test_a_folder_without_pictures_says_how_to_lay_them(tmp_path: Path) -> None:
    lay(tmp_path, "1.png", "s1/readme.txt")
    with pytest.raises(GatepostError) as told:
        listing(tmp_path)
    assert told.value.code == "evaluate.no_pictures"
    assert "IDENTITY" in told.value.remedy


def test_more_than_memory_is_planned_for_is_refused(tmp_path: Path) -> None:
    lay(tmp_path, "a/1.png", "a/2.png", "b/1.png")
    assert len(listing(tmp_path, most=3).pictures) == 3
    with pytest.raises(GatepostError) as told:
        listing(tmp_path, most=2)
    assert told.value.code == "evaluate.too_many"
