"""Importing a folder: everything wrong is told, everything right is stored, twice is once."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from gateway.storage.opening import Storage

from gateway.domain.errors import StoreUnavailable
from gateway.people_import import Summary, import_folder
from tests.support.people import id_number
from tests.support.people_desks import ACCEPTED, REFUSED, Desk, OnStorage

HEAD = "id_number,name,project,photo,consent,consent_text,how,taken_by\n"


def folder_of(tmp_path: Path, *rows: str) -> Path:
    folder = tmp_path / "people"
    folder.mkdir(exist_ok=True)
    (folder / "people.csv").write_text(HEAD + "".join(f"{row}\n" for row in rows))
    (folder / "text.txt").write_text("I agree.")
    (folder / "a.jpg").write_bytes(b"face")
    return folder


def row(sequence: int, project: str = "P1", photo: str = "a.jpg") -> str:
    return f"{id_number(sequence)},样本甲,{project},{photo},bio_network,text.txt,signature,clerk"


async def imported(desk: Desk, folder: Path) -> Summary:
    async def ask(name: str, /, **args: Any) -> Any:
        return await desk.calls[name](**args)

    return await import_folder(ask, folder, {}, "op")


def test_the_same_folder_twice_changes_nothing(on_storage: OnStorage, tmp_path: Path) -> None:
    async def test(storage: Storage) -> None:
        desk = Desk(storage)
        folder = folder_of(tmp_path, row(1), row(2, photo=""), row(1, "P2"))
        first = await imported(desk, folder)
        assert (first.people, first.fresh, first.photos, first.mistakes) == (3, 2, 2, [])
        before = await desk.calls["person.list"](project="P1")
        desk.now += 1
        again = await imported(desk, folder)
        assert (again.people, again.fresh, again.photos, again.mistakes) == (3, 0, 2, [])
        assert await desk.calls["person.list"](project="P1") == before
        assert await desk.count() == 2
        shown = await desk.calls["person.show"](person=before[0]["person"])
        assert (len(shown["consents"]), len(shown["engagements"]), shown["photos"]) == (1, 2, 1)

    on_storage(test)


def test_mistakes_are_told_with_their_lines_and_the_others_stored(
    on_storage: OnStorage, tmp_path: Path
) -> None:
    async def test(storage: Storage) -> None:
        desk = Desk(storage)
        bad = id_number(3)[:17] + ("0" if id_number(3)[17] != "0" else "1")
        folder = folder_of(
            tmp_path,
            row(1),
            row(3).replace(id_number(3), bad),
            row(4, "P9"),
            row(1).replace("样本甲", "样本乙"),
            row(5, photo="none.jpg"),
            row(6),
        )
        summary = await imported(desk, folder)
        assert (summary.people, summary.photos) == (2, 2)
        assert [mistake.split("]")[0] for mistake in summary.mistakes] == [
            "line 3, id_number: [identity.check_digit",
            "line 4, project: [project.unknown",
            "line 5, id_number: [person.twice",
            "line 6, photo: [person.file",
        ]
        told = "\n".join(summary.mistakes)
        assert not any(number in told for number in (bad, id_number(1), id_number(4)))
        assert "样本" not in told
        assert await desk.count() == 2

    on_storage(test)


def test_a_refused_photo_is_a_mistake_of_somebody_who_is_known(
    on_storage: OnStorage, tmp_path: Path
) -> None:
    async def test(storage: Storage) -> None:
        desk = Desk(storage)
        desk.answer = REFUSED
        folder = folder_of(tmp_path, row(1))
        summary = await imported(desk, folder)
        (mistake,) = summary.mistakes
        assert (summary.people, summary.photos) == (1, 0)
        assert mistake.startswith("line 2: the photo of person ")
        assert "eyes is 50, wanted >= 64 px (R-062)" in mistake
        desk.answer = ACCEPTED
        again = await imported(desk, folder)
        assert (again.fresh, again.photos, again.mistakes) == (0, 1, [])

    on_storage(test)


def test_an_import_ends_where_the_database_goes_away(tmp_path: Path) -> None:
    asked: list[str] = []

    async def ask(name: str, /, **args: Any) -> Any:
        asked.append(name)
        if len(asked) == 2:
            raise StoreUnavailable("it is gone.")
        return {"new": True, "photo": None, "irises": {}, "person": 1, "name": "样**"}

    folder = folder_of(tmp_path, row(1), row(2), row(3))
    summary = asyncio.run(import_folder(ask, folder, {}, "op"))
    assert (summary.people, len(asked)) == (1, 2)
    assert summary.stopped is not None
