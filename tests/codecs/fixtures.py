"""The example dialect's transcripts, and a way to run the kit on a dialect like it."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from pathlib import Path

from gateway.codecs.api import Context, Conversation, Dialect
from gateway.codecs.kit.hooks import Hooks
from gateway.codecs.kit.report import Finding, Report
from gateway.codecs.kit.run import run
from gateway.codecs.replay import Make
from gateway.codecs.transcript import Call, Line, Transcript, read_transcript

from gateway.domain.vocabulary import Means
from tests.codecs.acme import ACME

HERE = Path(__file__).parent
NAMES = ("acme.wire", "acme_serial.wire", "acme_refused.wire")


def transcript(name: str) -> Transcript:
    return read_transcript((HERE / name).read_text(encoding="utf-8"), name)


def transcripts(*names: str) -> list[Transcript]:
    return [transcript(name) for name in names or NAMES]


def dialect(make: Make) -> Dialect:
    """The example dialect with another server side."""
    return replace(ACME, conversation=make)


def until(name: str, given: Transcript) -> Transcript:
    """Cut a transcript before the first request of that name."""
    calls = [line.what.name if isinstance(line.what, Call) else "" for line in given.lines]
    return replace(given, lines=given.lines[: calls.index(name)])


def unnamed(field: str, given: Transcript) -> Transcript:
    """Stop naming a field in the expected events."""

    def loosen(line: Line) -> Line:
        if line.sigil != "=" or not isinstance(line.what, Call):
            return line
        fields = {key: value for key, value in line.what.fields.items() if key != field}
        return replace(line, what=Call(name=line.what.name, fields=fields))

    return replace(given, lines=tuple(map(loosen, given.lines)))


def check(make: Make, *names: str, hooks: Hooks | None = None) -> Report:
    return run(dialect(make), transcripts(*names), random.Random(7), hooks or Hooks())


def finding(report: Report, code: str) -> Finding:
    return next(found for found in report.findings if found.code == code)


def subclass(base: type[Conversation], **members: object) -> Make:
    """Make a server side that differs from ``base`` in a few members."""
    kind = type("Broken", (base,), members)

    def make(context: Context) -> Conversation:
        made: Conversation = kind(context)
        return made

    return make


@dataclass(frozen=True, slots=True, kw_only=True)
class Flagged:
    """A request of a terminal's side, with fields no domain request has."""

    means: Means
    share: float = 0.0
