"""Captures without people: nothing identifying is left, and everything still plays."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest
from gateway.codecs.kit.anonymise import anonymise
from gateway.codecs.kit.hooks import Hooks
from gateway.codecs.replay import replay
from gateway.codecs.transcript import Call, Transcript, read_transcript, write_transcript

from gateway.domain.errors import GatepostError
from tests.codecs.acme import AcmeConversation, seal
from tests.codecs.fixtures import subclass, transcript
from tests.support.projects import NAME, gatepost, project


def swapped(given: Transcript, *also: str) -> Transcript:
    return anonymise(given, AcmeConversation, random.Random(3), Hooks(), also).transcript


def test_nobody_is_named_any_more_and_the_codec_plays_it() -> None:
    before = transcript("acme.wire")
    after = swapped(before)
    text = write_transcript(after)
    assert replay(read_transcript(text, "after"), AcmeConversation) == []
    assert "张三" not in text
    assert "ACME-0000177" not in text
    assert "张三".encode("gb18030").hex(" ") not in text
    assert b"ACME-0000177".hex(" ") not in text
    sizes = [len(line.what) for line in before.lines if isinstance(line.what, bytes)]
    assert sizes == [len(line.what) for line in after.lines if isinstance(line.what, bytes)]


def test_one_person_stays_one_person() -> None:
    events = [
        line.what.fields["serial"]
        for line in swapped(transcript("acme.wire")).lines
        if isinstance(line.what, Call) and "serial" in line.what.fields
    ]
    assert len(events) == 2
    assert len(set(events)) == 1


def test_a_frame_that_was_damaged_stays_so_and_a_hidden_value_can_be_named() -> None:
    given = transcript("acme_serial.wire")
    assert "ACME" not in write_transcript(swapped(given))
    hidden = swapped(transcript("acme.wire"), "xyz")
    assert replay(hidden, AcmeConversation) == []


def test_an_identity_under_a_proof_is_refused() -> None:
    def sealed_serial(self: AcmeConversation, secret: bytes | None, serial: str) -> list[object]:
        good = secret if serial == "ACME-0000177" else None
        return list(AcmeConversation._judge(self, good, serial))  # type: ignore[arg-type]

    make = subclass(AcmeConversation, _judge=sealed_serial)
    with pytest.raises(GatepostError, match="does not do the same"):
        anonymise(transcript("acme.wire"), make, random.Random(3), Hooks())


def test_a_picture_is_blanked_and_keeps_its_size() -> None:
    given = transcript("acme.wire")
    lines = list(given.lines)
    at = next(i for i, line in enumerate(lines) if line.what == seal(0x55, 6, b"x"))
    picture = b"\xff\xd8\xff" + b"face" * 9 + b"\xff\xd9"
    lines[at] = replace(lines[at], what=seal(0x55, 6, picture))
    done = anonymise(
        replace(given, lines=tuple(lines)), AcmeConversation, random.Random(3), Hooks()
    )
    assert done.pictures == 1
    frame = done.transcript.lines[at].what
    assert isinstance(frame, bytes)
    assert b"face" not in frame
    assert len(frame) == len(seal(0x55, 6, picture))


def test_the_command_writes_a_transcript_that_passes(tmp_path: Path) -> None:
    folder = project(tmp_path / "new")
    wire = folder / f"fixtures/{NAME}/first.wire"
    ran = gatepost(folder, "anonymise", NAME, str(wire), "--out", str(wire))
    assert ran.returncode == 0, ran.stderr
    assert "values replaced" in ran.stderr
    assert "0 changed" in gatepost(folder, "bless", NAME, "--dry-run").stdout
    assert "张三" not in wire.read_text()
    assert bytes(range(32)).hex() not in wire.read_text()


def test_the_header_names_nobody_either() -> None:
    given = transcript("acme.wire")
    header = replace(given.header, origin="capture 3 of ACME-0000177: recording")
    after = swapped(replace(given, header=header)).header.origin
    assert after.startswith("capture 3 of ")
    assert "ACME-0000177" not in after
