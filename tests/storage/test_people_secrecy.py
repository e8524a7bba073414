"""Neither a stolen dump nor a stolen data directory shows who works here or what they look like."""

from __future__ import annotations

from typing import Any

import pytest
from gateway.storage.opening import Storage, open_storage

from gateway.domain.enrolments import NewPerson
from gateway.domain.id_cards import CardDetails
from gateway.domain.identity_numbers import normalised
from gateway.domain.ids import PersonId
from gateway.domain.workers import Subject
from tests.storage.test_secrecy import dump
from tests.support import postgres
from tests.support.people import (
    GIVEN,
    consent,
    decide,
    id_number,
    make_member,
    make_projects,
    template,
)

NUMBER = id_number(777)
NAME = "诸葛样本"
RENAMED = "欧阳样本"
ADDRESS = "样省样市样本路一号"
TEMPLATE = b"TEMPLATE-OF-SOMEBODY" * 26
PHOTO = b"\xff\xd8PHOTO-OF-SOMEBODY" * 3000
CITY_TEMPLATE = b"TEMPLATE-IN-THE-CITY" * 26
CITY_SECRET = b"SECRET-OF-THE-CITY-0123456789012"
SECRET = b"SECRET-OF-THE-GALLERY-1234567890"
MARK = b"WRITTEN-IN-CLEAR"
PLAIN = (
    *(NUMBER.encode(), NAME.encode(), NAME.encode("gb18030"), RENAMED.encode(), ADDRESS.encode()),
    *(TEMPLATE[:20], PHOTO[2:20], SECRET),
    *(CITY_TEMPLATE[:20], CITY_SECRET),
)


async def put_somebody(storage: Storage) -> PersonId:
    project, _ = await make_projects(storage)
    person = await storage.workers.register(NewPerson(id_type="01", id_number=NUMBER, name=NAME))
    assert await make_member(storage, project, 777) == person
    await storage.workers.register(
        NewPerson(id_type="01", id_number=NUMBER, name=RENAMED, card=CardDetails(address=ADDRESS))
    )
    entry = template(person, await storage.galleries.reference(project, person), TEMPLATE)
    await storage.galleries.enrol(project, [entry])
    await storage.galleries.renew(project, SECRET, [entry])
    await storage.workers.consent(consent(person, Subject.CITY_GALLERY))
    await decide(storage)
    in_city = template(person, await storage.city.reference(person), CITY_TEMPLATE)
    await storage.city.enrol([in_city])
    await storage.city.renew(CITY_SECRET, [in_city])
    await storage.photos.keep(person, PHOTO, source="photo", now_ms=GIVEN)
    await storage.workers.consent(consent(person, given_ms=GIVEN + 1))
    return person


def test_a_dump_shows_nobody(storage: Storage, run: Any) -> None:
    async def main() -> None:
        await put_somebody(storage)
        text = await dump(storage)
        biometric = ("template", "enrolment_photo", "gallery", "city_template", "city_gallery")
        for table in ("person", "person_key", "consent", *biometric):
            assert f"\n{table} " in f"\n{text}", "the dump does show the rows"
        for plain in PLAIN:
            assert plain.hex() not in text
            assert plain.decode("utf-8", "replace") not in text

    run(main())


def test_the_data_directory_shows_nobody(tmp_path: Any, run: Any) -> None:
    """Heap, indexes and log of the server, as they lie on the disk after it stopped."""
    with postgres.running_server() as server:

        async def main() -> None:
            storage = await open_storage(server.dsn, tmp_path / "keys" / "master.key")
            try:
                await put_somebody(storage)
            finally:
                await storage.close()

        run(main())
        postgres.execute(server.dsn, f"comment on table area is '{MARK.decode()}'", "checkpoint")
        server.stop()
        seen = dict.fromkeys((*PLAIN, MARK), 0)
        for file in server.layout.root.rglob("*"):
            if file.is_file():
                data = file.read_bytes()
                for plain in seen:
                    seen[plain] += plain in data
    assert seen.pop(MARK), "the search does find what lies there in clear"
    assert not any(seen.values())


def test_no_trouble_repeats_what_it_is_about(storage: Storage, run: Any) -> None:
    async def main() -> None:
        broken = NewPerson(id_type="no", id_number=NUMBER, name=NAME)
        assert NUMBER not in repr(broken)
        assert NAME not in repr(broken)
        with pytest.raises(Exception) as caught:  # noqa: PT011 - whatever it is
            await storage.workers.register(broken)
        assert normalised(NUMBER) not in f"{caught.value!r} {caught.value}"

    run(main())
