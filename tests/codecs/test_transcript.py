from __future__ import annotations

from dataclasses import replace

import pytest
from gateway.codecs.transcript import (
    Call,
    Header,
    Line,
    Transcript,
    TranscriptError,
    read_transcript,
    write_transcript,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.codecs.fixtures import NAMES, transcript

TEXT = """\
# for people
dialect  = "acme"
role = "device"
firmware = "2.3.1"
origin   = "captured on a bench unit, names replaced"
entropy  = "c0c1 c2c3"
clock = 1788325456000
secure = true
resync = true
channel_binding = "ff"
settings.window = 4
settings.bench = false
closes = "bad_version"
---
# The first frame
# says hello.
> 4143 01  # half
  0007     # and half
= Heartbeat
= LoginProved {"serial": "A # no comment",
   "stores": [{"first": 0}]}  # proved
<
! Accept {"receipt": 1}
@ 95s
@ 1500ms
@ 2m # patience
"""


def test_everything_a_transcript_may_say() -> None:
    read = read_transcript(TEXT, "acme/hello.wire")
    assert read.header == Header(
        dialect="acme",
        role="device",
        firmware="2.3.1",
        origin="captured on a bench unit, names replaced",
        entropy=b"\xc0\xc1\xc2\xc3",
        clock=1_788_325_456_000,
        secure=True,
        resync=True,
        channel_binding=b"\xff",
        settings={"window": 4, "bench": False},
        closes="bad_version",
    )
    proved: Call = Call(
        name="LoginProved", fields={"serial": "A # no comment", "stores": [{"first": 0}]}
    )
    assert read.lines == (
        Line(
            sigil=">",
            what=bytes.fromhex("4143010007"),
            number=17,
            note="half and half",
            above=("The first frame", "says hello."),
        ),
        Line(sigil="=", what=Call(name="Heartbeat", fields={}), number=19),
        Line(sigil="=", what=proved, number=20, note="proved"),
        Line(sigil="<", what=b"", number=22),
        Line(sigil="!", what=Call(name="Accept", fields={"receipt": 1}), number=23),
        Line(sigil="@", what=95.0, number=24),
        Line(sigil="@", what=1.5, number=25),
        Line(sigil="@", what=120.0, number=26, note="patience"),
    )


def unnumbered(given_: Transcript) -> Transcript:
    return replace(given_, lines=tuple(replace(line, number=0) for line in given_.lines))


@pytest.mark.parametrize("name", NAMES)
def test_what_is_written_reads_back(name: str) -> None:
    read = transcript(name)
    again = read_transcript(write_transcript(read), name)
    assert unnumbered(again) == unnumbered(read)
    assert unnumbered(read_transcript(write_transcript(again), name)) == unnumbered(again)


WHATS = st.one_of(
    st.binary(max_size=80).map(lambda data: (">", data)),
    st.integers(0, 10**7).map(lambda ms: ("@", ms / 1000)),
    st.dictionaries(st.text(max_size=4), st.text(max_size=8), max_size=3).map(
        lambda fields: ("=", Call(name="Heartbeat", fields=dict(fields)))
    ),
)


@given(st.lists(WHATS, max_size=5))
def test_any_line_survives_writing(whats: list[tuple[str, object]]) -> None:
    lines = tuple(Line(sigil=s, what=w, number=0) for s, w in whats)  # type: ignore[arg-type]
    written = Transcript(name="t", header=Header(dialect="acme"), lines=lines)
    assert unnumbered(read_transcript(write_transcript(written), "t")) == written


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ('dialect = "a"\n> 00', "f.wire:2", "no line '---'"),
        ("dialect = a\n---\n", "f.wire:1", "Invalid value"),
        ("---\n", "f.wire:1", "names no dialect"),
        ('dialect = "a"\ndialekt = "b"\n---\n', "f.wire:2", "Did you mean 'dialect'?"),
        ('dialect = "a"\nzzz = 1\n---\n', "f.wire:2", "Known: dialect, role"),
        ('dialect = "a"\nclock = "noon"\n---\n', "f.wire:2", "clock cannot be 'noon'"),
        ('dialect = "a"\nsecure = 1\n---\n', "f.wire:2", "secure cannot be 1"),
        ('dialect = "a"\nrole = "gateway"\n---\n', "f.wire:2", "role cannot be"),
        ('dialect = "a"\nsettings.x = "y"\n---\n', "f.wire:2", "settings cannot be"),
        ('dialect = "a"\nentropy = "0"\n---\n', "f.wire:2", "a digit is missing"),
        ('dialect = "a"\n---\n> 0g', "f.wire:3", "'g' is no hexadecimal digit"),
        ('dialect = "a"\n---\n\n> 00\n  1', "f.wire:4", "a digit is missing"),
        ('dialect = "a"\n---\n? 00', "f.wire:3", "cannot begin with '?'"),
        ('dialect = "a"\n---\n  00', "f.wire:3", "cannot begin with ' '"),
        ('dialect = "a"\n---\n@ soon', "f.wire:3", "'soon' is no time"),
        ('dialect = "a"\n---\n= {"a": 1}', "f.wire:3", "a class name is needed"),
        ('dialect = "a"\n---\n= Heartbeat {a: 1}', "f.wire:3", "no JSON"),
        ('dialect = "a"\n---\n= Heartbeat {} {}', "f.wire:3", "'{}' is left over"),
        ('dialect = "a"\n---\n= Heartbeat []', "f.wire:3", "'[]' is left over"),
    ],
)
def test_a_mistake_is_named_with_its_line(text: str, place: str, said: str) -> None:
    with pytest.raises(TranscriptError) as caught:
        read_transcript(text, "f.wire")
    assert caught.value.place == place
    assert caught.value.code == "transcript.syntax"
    assert said in str(caught.value)


@given(st.text(max_size=200))
def test_arbitrary_text_reads_or_is_refused(text: str) -> None:
    for candidate in (text, f'dialect = "a"\n---\n{text}'):
        try:
            read = read_transcript(candidate, "f")
        except TranscriptError:
            continue
        assert read.header.dialect
