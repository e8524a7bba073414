"""What is this hex: the forms in which bytes are pasted, and how often the answer is right."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace

import fastcrc
import pytest
from gateway.codecs import checksum
from gateway.codecs.checksum import crc16_modbus, xor8
from gateway.codecs.framing import Delimited, Escaped, Fixed, FrameReader, LengthPrefixed
from gateway.codecs.kit.hextext import Piece, read_pieces
from gateway.codecs.kit.identify import identify
from gateway.codecs.kit.sums import find_seals

from tests.codecs.acme import ACME, seal
from tests.codecs.kit.accuracy import accuracy, answers, framed, summed
from tests.codecs.kit.captures import Capture, documented, recorded
from tests.codecs.wire_shapes import drain, frames_of
from tests.support.tools import required

FRAME = seal(0x10, 1, b"ACME-0000177") + seal(1, 3)
HEX = FRAME.hex()
SHARE = 0.9
"""At least so many captures must be read rightly, without the help of the dialect's own codec."""
TELLING_SHARE = 0.95
"""And so many of those that have enough whole messages."""


def bytes_of(text: str) -> list[bytes]:
    return [piece.data for piece in read_pieces(text.encode())]


@pytest.mark.parametrize(
    "text",
    [
        HEX,
        HEX.upper(),
        f"0x{HEX}",
        FRAME.hex(" "),
        FRAME.hex(":"),
        FRAME.hex("-"),
        ", ".join(f"0x{byte:02X}" for byte in FRAME),
        "".join(f"\\x{byte:02x}" for byte in FRAME),
        f"2026-08-27 08:55:01.123 RX <- {FRAME.hex(' ')} (from door 7, be careful, add face)",
        f"unsigned char msg[] = {{ {', '.join(f'0x{byte:02x}' for byte in FRAME)} }};",
        f"The terminal says `{HEX}` and then nothing.",
        f"{HEX[:-1]}{HEX[-1]}4",
    ],
)
def test_bytes_are_found_in_whatever_is_pasted(text: str) -> None:
    assert bytes_of(text) == [FRAME]


def dumped(form: str) -> str:
    rows = [FRAME[at : at + 16] for at in range(0, len(FRAME), 16)]
    shown = ["".join(chr(b) if 32 <= b < 127 else "." for b in row) for row in rows]
    if form == "wireshark":
        pairs = zip(rows, shown, strict=True)
        return "\n".join(f"{16 * n:04x}   {r.hex(' '):<47}   {s}" for n, (r, s) in enumerate(pairs))
    if form == "tcpdump":
        return "\n".join(f"\t0x{16 * n:04x}:  {row.hex(' ', 2)}" for n, row in enumerate(rows))
    return "\n".join(row.hex(" ") for row in rows)


@pytest.mark.parametrize("form", ["wireshark", "tcpdump", "wrapped"])
def test_dumps_are_read(form: str) -> None:
    assert bytes_of(dumped(form)) == [FRAME]


def printed(command: list[str], data: bytes) -> str:
    try:
        ran = subprocess.run(command, input=data, capture_output=True, check=True)
    except FileNotFoundError:
        if required():
            raise
        pytest.skip(f"{command[0]} is not installed")
    return ran.stdout.decode()


@pytest.mark.parametrize("command", [["xxd"], ["hexdump", "-C"], ["hexdump"], ["xxd", "-p"]])
def test_what_real_tools_print_is_read(command: list[str]) -> None:
    (data,) = bytes_of(printed(command, FRAME))
    assert data[: len(FRAME)] == FRAME


@pytest.mark.parametrize("command", [["hexdump", "-C"], ["hexdump"], ["od", "-A", "x", "-t", "x1"]])
def test_rows_that_a_dump_leaves_out_as_alike_are_there(command: list[str]) -> None:
    for data in (FRAME + bytes(100) + FRAME, FRAME[:16] + bytes(64)):
        (found,) = bytes_of(printed(command, data))
        assert found[: len(data)] == data
        assert len(found) <= len(data) + 1


@pytest.mark.parametrize("label", ["[{:04x}] ", "{:06d} ", "{:08x}: ", "0x{:04x}  "])
def test_offsets_come_in_many_forms(label: str) -> None:
    rows = [f"{label.format(at)}{FRAME[at : at + 16].hex(' ')}" for at in range(0, len(FRAME), 16)]
    assert bytes_of("The box said:\n" + "\n".join(rows)) == [FRAME]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "gb18030"])
def test_prose_around_the_bytes_may_be_in_any_usual_encoding(encoding: str) -> None:
    pasted = f"终端 发送: {FRAME.hex(' ')} (第 1 帧)".encode(encoding)
    assert [piece.data for piece in read_pieces(pasted)] == [FRAME]


def test_messages_on_lines_of_their_own_stay_apart() -> None:
    first, second = seal(0x10, 1, b"ACME-0000177"), seal(1, 3)
    assert bytes_of(f"{first.hex(' ')}\n{second.hex(' ')}\n") == [first, second]


def test_a_transcript_gives_what_the_terminal_sent() -> None:
    text = 'dialect = "acme"\n---\n> 41 43 01 00  # beat\n  03 00\n< 99 99 99 99\n> 41 43\n'
    assert bytes_of(text) == [b"AC\x01\0\x03\0", b"AC"]


def test_what_is_no_text_is_taken_as_it_is() -> None:
    assert read_pieces(b"AC\0\xff") == [Piece(data=b"AC\0\xff", line=0, form="binary")]
    assert read_pieces(b"") == []


@pytest.mark.parametrize("text", ["", "be a dead face", "12:00:01", "no bytes here"])
def test_prose_is_no_bytes(text: str) -> None:
    assert bytes_of(text) == []
    assert "No bytes found" in identify(read_pieces(text.encode()), []).text()


@pytest.mark.parametrize(
    ("source", "fewest", "telling"), [(recorded, 320, 150), (documented, 40, 40)]
)
def test_framing_and_checksum_are_right_together_nine_times_in_ten(
    source: Callable[[], Iterator[Capture]], fewest: int, telling: int
) -> None:
    """The dialects themselves are not asked: nobody knows the bytes. No capture is left out.

    Captures of one message and damaged ones are among them; of those that tell enough, more is
    wanted. A checksum that is said where there is none is wrong.
    """
    seen = accuracy(source())
    print(seen.text())
    for names in seen.wrong.values():
        assert len(names) <= (1 - SHARE) * len(seen.names), names
        untold = [name for name in names if name in seen.telling]
        assert len(untold) <= (1 - TELLING_SHARE) * len(seen.telling), untold
    assert len(seen.names) >= fewest
    assert len(seen.telling) >= telling


@pytest.mark.parametrize("spelling", ["X", "x"])
@pytest.mark.parametrize(("family", "width"), [(xor8, 2), (crc16_modbus, 4)])
def test_a_checksum_in_hexadecimal_digits_is_found(
    spelling: str, family: Callable[[bytes], int], width: int
) -> None:
    texts = [b"BEAT,17", b"REC,1001,04B1A2C3,IN", b"REC,1002,,OUT", b"HELLO,KT-7"]
    lines = [b"#%s*%s\r\n" % (t, f"{family(t):0{width}{spelling}}".encode()) for t in texts]
    best = identify([Piece(data=one, line=1, form="hex") for one in lines], []).answers[0]
    assert best.seal is not None
    assert (best.seal.start, best.seal.mark, best.seal.tail) == (1, 1, 2)
    assert f"{width} hexadecimal digits" in str(best.seal)
    changed = lines[1].replace(b"1001", b"1009")
    assert not best.seal.fits_frame(changed)
    assert best.seal.fits_frame(best.seal.renewed(changed))


def test_zeros_are_no_evidence() -> None:
    """Most sums of nothing are zero, and a run of zeros is met wherever one looks."""
    assert find_seals([b"\x01" * n + b"\x41" + bytes(12) for n in range(1, 5)]) == []
    frames = [bytes((1, n)) + bytes(40 + n) for n in range(1, 6)]
    best = identify([Piece(data=b"".join(frames), line=1, form="hex")], []).answers
    assert all(answer.bits < 40 for answer in best)


NAMES = {
    **vars(checksum),
    "fastcrc": fastcrc,
    "LengthPrefixed": LengthPrefixed,
    "Fixed": Fixed,
    "Delimited": Delimited,
    "Escaped": Escaped,
}


UNTOLD = {
    "cti/damage_length.wire": "five bytes of a header, and no frame",
    "hikvision/tls_probe.wire": "the beginning of TLS, and no HTTP",
    "yls/damage_header.wire": "a single frame, whose length is the byte that is wrong",
}
"""Captures that nobody can tell, a line for each message; every other one is told."""
CAPTURES = {capture.name: capture for capture in (*recorded(), *documented())}


@pytest.mark.parametrize("name", UNTOLD)
def test_what_cannot_be_told_is_damage_and_nothing_else(name: str) -> None:
    capture = CAPTURES[name]
    assert capture.damaged == len(capture.frames) == 1
    assert not framed(capture, answers(capture.frames))


@pytest.mark.parametrize("name", [name for name in CAPTURES if name not in UNTOLD])
def test_what_it_says_to_write_reads_the_capture(name: str) -> None:
    capture = CAPTURES[name]
    found = answers(capture.frames)
    assert framed(capture, found)
    assert summed(capture, found)
    lines = [line.partition("write ")[2] for line in found[0].lines() if "  write " in line]
    if not lines:
        assert found[0].head_seal is not None or capture.truth.kind == "http"
        return
    framing, check = lines[0].removeprefix("framing = "), lines[-1].removeprefix("sealed: ")

    def sealed(frame: bytes) -> str | None:
        good = len(lines) == 1 or eval(check, {**NAMES, "frame": frame})
        return None if good else "checksum"

    made = eval(framing, {**NAMES, "sealed": sealed})
    reader = FrameReader(made, resync=True)
    reader.feed(b"".join(capture.frames))
    taken = frames_of(drain(reader))
    while reader.buffered:
        reader.gap()  # where nothing vouches for a length, silence ends the wait for it
        taken += frames_of(drain(reader))
    assert len(taken) >= len(found[0].framing.frames) - capture.damaged


def test_the_answer_gives_its_reasons_and_knows_the_dialects() -> None:
    lines = "\n".join(seal(0x10 + n, n, b"x" * n * n).hex() for n in range(1, 5))
    text = identify(read_pieces(lines.encode()), [ACME]).text()
    assert "Known dialect: acme/1 recognises the first bytes and finds no damage." in text
    assert "16 bits, big-endian at byte 5; a whole frame has 9 bytes more than it says" in text
    assert "CRC-16/MODBUS from byte 0, 16 bits, big-endian at the end: fits 4 of 4 frames" in text


def test_a_dialect_that_raises_does_not_know_the_bytes() -> None:
    def unable(first: bytes) -> bool:
        raise IndexError

    found = identify(read_pieces(HEX.encode()), [replace(ACME, opening=unable)])
    assert found.known == ()
    assert "No installed dialect recognises the first bytes." in found.text()
