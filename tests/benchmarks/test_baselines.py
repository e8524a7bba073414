"""The bare COPY writes the rows that the gateway's transaction writes for the same records."""

from __future__ import annotations

from gateway.storage.columns import PASSAGE_COLUMNS, Kind

from benchmarks.database import DIGEST, SEALING, Row, portion


def passage(id_: int, device: int, number: int) -> Row:
    known = {
        "id": id_,
        "received_ms": 5,
        "device": device,
        "series": 9,
        "number": number,
        "raw_length": 100 + number,
    }
    return tuple(known.get(column) for column in PASSAGE_COLUMNS)


def test_every_record_has_an_identity_a_passage_and_an_outbox_row() -> None:
    passages = [passage(8, 2, 1), passage(7, 1, 2)]
    made = portion(passages)
    identities = [(row[0], row[1], row[3], row[4]) for row in made.identities]
    assert identities == [
        (1, bytes((0, 0, 0, 9, 0, 0, 0, 2)), 7, Kind.PASSAGE),
        (2, bytes((0, 0, 0, 9, 0, 0, 0, 1)), 8, Kind.PASSAGE),
    ]
    assert {len(bytes(row[2])) for row in made.identities if isinstance(row[2], bytes)} == {DIGEST}
    assert made.passages == passages
    assert made.outbox == [(8,), (7,)]


def test_the_raw_bytes_of_a_portion_are_one_value_of_their_size() -> None:
    ((id_, received_ms, _, data),) = portion([passage(8, 2, 1), passage(7, 1, 2)]).raw
    assert (id_, received_ms) == (8, 5)
    assert isinstance(data, bytes)
    assert len(data) == 101 + 102 + SEALING
