"""A capture as a transcript, the form in which codecs are tested (docs/vendors/transcripts.md)."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.codecs.transcript import Header, Line, Transcript, write_transcript
from gateway.domain.captures import Capture, CaptureSummary, Redaction

SAID = {
    Redaction.DIALECT: "personal and secret values are zeros, by the dialect's own rules",
    Redaction.HEAD: "only the first bytes of each run are kept, the rest is zeros",
    Redaction.NONE: "nothing is redacted: delete this file when it has served its purpose",
}


def transcript(summary: CaptureSummary, capture: Capture) -> str:
    """Return the text of the transcript; `gateway.codecs.transcript` reads it back."""
    whose = capture.serial or "a stranger"
    header = Header(
        dialect=capture.dialect,
        firmware=capture.firmware,
        origin=f"capture {summary.id} of {whose}: {capture.code}; {SAID[capture.redaction]}",
        clock=summary.first_ms,
    )
    lines = tuple(_lines(capture))
    return write_transcript(Transcript(name="", header=header, lines=lines))


def _lines(capture: Capture) -> Iterator[Line]:
    """Write one line for each read and write, and the time between them where it shows."""
    above = () if capture.whole else ("What the connection said before this was forgotten.",)
    at_ms = capture.pieces[0].at_ms
    for piece in capture.pieces:
        if piece.at_ms > at_ms:
            yield Line(sigil="@", what=(piece.at_ms - at_ms) / 1000, number=0)
            at_ms = piece.at_ms
        yield Line(sigil=">" if piece.inward else "<", what=piece.data, number=0, above=above)
        above = ()
