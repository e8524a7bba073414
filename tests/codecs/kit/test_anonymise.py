"""Captures without people: nothing identifying is left, and everything still plays."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from gateway.codecs.checksum import xor8
from gateway.codecs.conversation import FramedConversation
from gateway.codecs.framing import Delimited
from gateway.codecs.kit.anonymise import anonymise
from gateway.codecs.kit.hooks import Hooks
from gateway.codecs.replay import replay
from gateway.codecs.transcript import Call, Transcript, read_transcript, write_transcript

from gateway.domain.errors import GatepostError
from gateway.domain.events import CredentialWanted, Event, LoginFailed, LoginProved
from gateway.domain.ids import Serial
from gateway.domain.requests import CredentialGiven, Request
from gateway.domain.times import Instant
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


LINES = """dialect = "turnstile"
clock = 1788325456000
---
> {frame}
= CredentialWanted {{"serial": "T-0000000177"}}
! CredentialGiven {{"secret": "{secret}"}}
= LoginProved {{"serial": "T-0000000177"}}
"""


class Words(FramedConversation[str]):
    """Says serial and key in a line, with the sum in digits; ``spelled`` writes the key."""

    framing = Delimited(
        terminator=b"\n",
        max_frame=256,
        body=lambda line: None if b"%02X" % xor8(line[:-3]) == line[-3:-1] else "checksum",
    )
    spelled: Callable[[bytes], bytes]

    def read(self, frame: bytes, now: Instant) -> Iterator[Event]:
        name, self.key, _ = frame.split(b" ")
        self.serial = Serial(name.decode())
        yield CredentialWanted(serial=self.serial)

    def submit(self, request: Request, now: Instant) -> list[Event]:
        assert isinstance(request, CredentialGiven)
        good = request.secret is not None and type(self).spelled(request.secret) == self.key
        if not good:
            return [LoginFailed(serial=self.serial, reason="bad_proof")]
        return [LoginProved(serial=self.serial)]


@pytest.mark.parametrize(
    ("secret", "spelled"),
    [
        pytest.param(b"open-sesame-8", bytes, id="a password"),
        pytest.param(bytes(range(16)), lambda key: key.hex().encode(), id="lower hexadecimal"),
        pytest.param(
            bytes(range(0xA0, 0xB0)), lambda key: key.hex().upper().encode(), id="upper hexadecimal"
        ),
    ],
)
def test_a_key_in_a_line_of_text_does_not_leave_the_house(
    secret: bytes, spelled: Callable[[bytes], bytes]
) -> None:
    make = subclass(Words, spelled=staticmethod(spelled))
    text = b"T-0000000177 " + spelled(secret) + b" "
    frame = text + b"%02X\n" % xor8(text)
    given = read_transcript(LINES.format(frame=frame.hex(" "), secret=secret.hex()), "line")
    hooks = Hooks(reseal=lambda line: line[:-3] + b"%02X\n" % xor8(line[:-3]))
    after = anonymise(given, make, random.Random(3), hooks).transcript
    sent = next(line.what for line in after.lines if isinstance(line.what, bytes))
    assert replay(after, make) == []
    assert spelled(secret) not in sent
    assert sent.isascii()
    assert secret.hex() not in write_transcript(after)


def test_a_password_of_which_the_hash_is_registered_does_not_leave_the_house() -> None:
    class Hashed(Words):
        def submit(self, request: Request, now: Instant) -> list[Event]:
            self.key = sha256(self.key).digest()
            return super().submit(request, now)

    make = subclass(Hashed, spelled=staticmethod(bytes))
    text = b"T-0000000177 s3cret-8f "
    frame, secret = text + b"%02X\n" % xor8(text), sha256(b"s3cret-8f")
    given = read_transcript(LINES.format(frame=frame.hex(" "), secret=secret.hexdigest()), "line")
    hooks = Hooks(reseal=lambda line: line[:-3] + b"%02X\n" % xor8(line[:-3]))
    after = anonymise(given, make, random.Random(3), hooks).transcript
    assert replay(after, make) == []
    assert b"s3cret-8f".hex(" ") not in write_transcript(after)
    assert secret.hexdigest() not in write_transcript(after)
