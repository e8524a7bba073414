"""Bad pictures, bad templates and bad moments at a gate whose gateway matches faces."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import IntEnum

import pytest
from gateway.codecs.yls.device_events import Decided, FellBack
from gateway.codecs.yls.registers import Result
from PIL import Image, ImageDraw

from gateway.domain.templates import ElementType, FaceTemplate
from gateway.domain.vocabulary import Decision
from tests.badinput.rows import Row
from tests.badinput.table import promises
from tests.support.faces import encoded, on_canvas, orl, portrait
from tests.support.gateways import Gateway, Site
from tests.verification.askers import Asker, Word, asking
from tests.verification.flooders import Flooder, connected
from tests.verification.gates import (
    SERIAL,
    SETTINGS,
    STRANGER,
    gatepost,
    granted,
    ready,
)

MEMBER, LEAVING, WITHDRAWING, NEIGHBOUR = 1, 2, 3, 20
FLOODING = tuple(f"FLOOD-{number:04}" for number in range(1, 5))
COUNTED = "gatepost_verifications_total"
REFUSED = "gatepost_templates_refused_total"
DENIED, UNDECIDED = "denied", "undecided"


@pytest.fixture(scope="module")
def settings() -> str:
    return SETTINGS.replace("enabled = true", "enabled = true\nthreads = 1\nwaiting = 1")


@pytest.fixture(scope="module")
def others() -> tuple[str, ...]:
    return FLOODING


@pytest.fixture(scope="module")
def members() -> Mapping[str, tuple[int, ...]]:
    return {"P1": (MEMBER, LEAVING, WITHDRAWING), "P2": (NEIGHBOUR,)}


@pytest.fixture(scope="module")
def gate(site: Site, numbers: dict[int, int]) -> Iterator[Asker]:
    del numbers
    with asking(SERIAL, site.port) as asker:
        ready(asker)
        yield asker


@pytest.fixture
def row(gateway: Gateway, gate: Asker, request: pytest.FixtureRequest) -> Iterator[Row]:
    """The row a test names in its mark; all of it must have been seen in the end."""
    del gate
    row = Row(gateway, promises()[request.param])
    yield row
    row.complete()


def of_row(name: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("row", [name], indirect=True)


def told(row: Row, word: Word, wanted: IntEnum) -> None:
    """The gate was told this decision, or this result of which it makes its own."""
    if isinstance(word, FellBack):
        row.told(Result[word.reason.upper()], wanted)
    else:
        row.told(Result[word.refusal.upper()] if word.refusal else word.decision, wanted)


def told_once(row: Row, reason: str) -> bool:
    """Say whether the log names the terminal for this reason, once for the connection."""
    event = "verification.template_refused"
    device = row.logged(event, reason=reason)["device"]
    lines = [line for line in row.lines() if (line["event"], line.get("reason")) == (event, reason)]
    return isinstance(device, int) and len(lines) == 1


def face(person: int = MEMBER) -> Image.Image:
    return on_canvas(orl(person, 5))


def hidden(person: int) -> bytes:
    """The lower half of the face is behind a scarf."""
    image = face(person)
    ImageDraw.Draw(image).rectangle((0, 250, 640, 480), fill=(20, 20, 20))
    return encoded(image)


def cropped(person: int) -> bytes:
    """The right third of the face is beyond the edge."""
    return encoded(face(person).crop((0, 0, 360, 480)))


def poor(person: int) -> list[bytes]:
    """One face, badly seen."""
    image = face(person)
    return [
        encoded(image.point(lambda level: level // 12)),
        encoded(image.rotate(90)),
        encoded(image.rotate(180)),
        hidden(person),
        cropped(person),
    ]


def enormous() -> bytes:
    """Says that it has 50 megapixels; whoever believes it needs 150 MB."""
    data = bytearray(portrait(MEMBER, 5))
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 4] = (7_000).to_bytes(2, "big") + (7_200).to_bytes(2, "big")
    return bytes(data)


def animated() -> bytes:
    return encoded(face(), "PNG", save_all=True, append_images=[face(LEAVING)])


@of_row("a picture with no face or several")
@pytest.mark.parametrize("faces", [(), (MEMBER, LEAVING)], ids=["none", "two"])
def test_not_one_face(row: Row, gate: Asker, faces: tuple[int, ...]) -> None:
    told(row, gate.by_picture(encoded(on_canvas(*(orl(one, 5) for one in faces)))), Decision.DENIED)
    row.counted(COUNTED, verdict=DENIED, reason="picture_refused")


@of_row("a face too small to be told apart")
def test_tiny(row: Row, gate: Asker) -> None:
    tiny = encoded(on_canvas(orl(MEMBER, 5, 0.4)))
    told(row, gate.by_picture(tiny), Decision.DENIED)
    row.counted(COUNTED, verdict=DENIED, reason="picture_refused")


@of_row("a dark, cropped, turned or half-hidden face")
def test_poor(row: Row, gate: Asker, numbers: dict[int, int]) -> None:
    """A member is let in as themselves or not at all, and nobody else is for being badly seen."""
    for picture in poor(MEMBER):
        granted(gate.by_picture(picture), numbers[MEMBER])
    for picture in poor(STRANGER):
        word = gate.by_picture(picture)
        wanted = Decision.STRANGER if decision(word) == Decision.STRANGER else Decision.DENIED
        told(row, word, wanted)
    row.counted_some(COUNTED, verdict=DENIED, reason="picture_refused")
    row.counted_some(COUNTED, verdict=DENIED, reason="unknown_face")


def decision(word: Word) -> int | None:
    return word.decision if isinstance(word, Decided) and not word.refusal else None


@of_row("a truncated, animated or mislabelled picture")
def test_no_whole_jpeg(row: Row, gate: Asker) -> None:
    truncated, mislabelled = portrait(MEMBER, 5)[:-400], encoded(face(), "BMP")
    for made in (truncated, animated(), mislabelled):
        told(row, gate.by_picture(made[:90_000]), Result.BAD_TEMPLATE)
    row.counted(REFUSED, by=3, reason="picture")
    assert told_once(row, "picture")


@of_row("a picture that claims 50 megapixels")
def test_enormous(row: Row, gate: Asker, gateway: Gateway) -> None:
    before = gateway.resident_bytes()
    told(row, gate.by_picture(enormous()), Decision.DENIED)
    row.counted(COUNTED, verdict=DENIED, reason="picture_refused")
    assert gateway.resident_bytes() - before < 50_000_000


@of_row("a picture in CMYK, or upright by its tag only")
def test_unusual_but_whole(row: Row, gate: Asker, numbers: dict[int, int]) -> None:
    turned = face().rotate(90, expand=True)
    tag = Image.Exif()
    tag[0x0112] = 6
    for picture in (encoded(face().convert("CMYK")), encoded(turned, exif=tag)):
        word = gate.by_picture(picture)
        assert granted(word, numbers[MEMBER])
        told(row, word, Decision.GRANTED)
    row.counted(COUNTED, by=2, verdict="granted", reason="recognised")


def template(**changes: object) -> FaceTemplate:
    known: dict[str, object] = {
        "algorithm": 0x0101, "dimensions": 2, "elements": ElementType.FLOAT32,
        "normalised": False, "scale": 1.0, "data": bytes.fromhex("0000803f00000040"),
    }  # fmt: skip
    return FaceTemplate(**{**known, **changes})  # type: ignore[arg-type]


@of_row("a template of zeros, or with what is no number")
def test_no_direction(row: Row, gate: Asker) -> None:
    for data, reason in ((bytes(8), "zero"), (b"\x00\x00\xc0\x7f" * 2, "not_finite")):
        for _ in range(2):
            told(row, gate.by_template(template(data=data)), Result.BAD_TEMPLATE)
        row.counted(REFUSED, by=2, reason=reason)
        assert told_once(row, reason)


@of_row("a template of another model or length")
def test_foreign(row: Row, gate: Asker) -> None:
    for changes, reason in (({"algorithm": 0x7777}, "no_threshold"), ({}, "dimension")):
        told(row, gate.by_template(template(**changes)), Result.BUSY)
        row.counted(REFUSED, reason=reason)
        assert told_once(row, reason)
    row.counted(COUNTED, by=2, verdict=UNDECIDED, reason="template_refused")


@of_row("a claim of somebody of another project")
def test_claim_elsewhere(row: Row, gate: Asker, numbers: dict[int, int]) -> None:
    word = gate.by_picture(portrait(NEIGHBOUR, 5), claim=numbers[NEIGHBOUR])
    told(row, word, Decision.NOT_ON_ROSTER)
    row.counted(COUNTED, verdict=DENIED, reason="claim_unknown")


@of_row("a claim of somebody who withdrew consent")
def test_withdrawn(row: Row, gate: Asker, site: Site, numbers: dict[int, int]) -> None:
    number = numbers[WITHDRAWING]
    assert granted(gate.by_picture(portrait(WITHDRAWING, 5), claim=number), number)
    code, said = gatepost(site, "person", "withdraw", str(number), "bio_network")
    assert code == 0, said
    told(row, gate.by_picture(portrait(WITHDRAWING, 5), claim=number), Result.BUSY)
    row.logged("people.changed", what="withdraw")
    row.counted(COUNTED, verdict=UNDECIDED, reason="no_consent")


@of_row("somebody dismissed while questions come")
def test_dismissed(row: Row, gate: Asker, site: Site, numbers: dict[int, int]) -> None:
    code, said = gatepost(site, "person", "dismiss", str(numbers[LEAVING]), "--project", "P1")
    assert code == 0, said
    for number in range(5, 9):
        word = gate.by_picture(portrait(MEMBER, number))
        assert granted(word, numbers[MEMBER])
        told(row, word, Decision.GRANTED)
    row.logged("people.changed", what="dismiss")
    assert not granted(gate.by_picture(portrait(LEAVING, 5)), numbers[LEAVING])


@of_row("more questions than can be answered in time")
def test_overload(row: Row, gate: Asker, site: Site, numbers: dict[int, int]) -> None:
    with connected(FLOODING, site.port, [portrait(MEMBER, 5)]) as flooders:
        for one in flooders:
            one.loop.call_soon_threadsafe(Flooder.flood, one)
        row.counted_some(COUNTED, verdict=UNDECIDED, reason="busy")
        for one in flooders:
            one.loop.call_soon_threadsafe(Flooder.cease, one)
        busy = sum(one.heard["busy"] for one in flooders)
        assert busy
        row.told(Result.BUSY, Result.BUSY)
    assert granted(gate.by_picture(portrait(MEMBER, 5)), numbers[MEMBER])
