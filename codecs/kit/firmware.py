"""Firmware ranges (P11): whatever the table claims to know has been seen in a recording."""

from __future__ import annotations

from gateway.codecs.kit.case import Case, Golden, Tally
from gateway.codecs.kit.report import Finding
from gateway.codecs.quirks import Span, version_key
from gateway.codecs.replay import Stage, whole

from gateway.domain.events import LoginProved


def firmware(case: Case) -> Finding:
    """P11: every range of firmware owns a transcript, and transcripts tell the firmware rightly."""
    tally = Tally("P11", "every range of firmware has a transcript")
    served = [golden for golden in case.goldens if golden.transcript.header.role == "server"]
    for golden in served:
        tally.cases += 1
        found = _misnamed(golden)
        if found is not None:
            return tally.failed(found)
    spans = case.dialect.firmwares.ranges()
    if not spans:
        return tally.skipped("the dialect names no firmware")
    own = {span.model for span in spans} - {""}
    missing = [span for span in spans if not any(_proves(g, span, own) for g in served)]
    if missing:
        return tally.failed(
            "\n".join(f"no transcript for {span}" for span in missing)
            + '\nRecord one, and write firmware = "…" (and model = "…") into its header.'
        )
    return tally.passed()


def _proves(golden: Golden, span: Span, own: set[str]) -> bool:
    header = golden.transcript.header
    fits = header.model == span.model if span.model else header.model not in own
    return fits and header.firmware in span


def _misnamed(golden: Golden) -> str | None:
    """Return why a transcript proves another firmware than its header says."""
    header = golden.transcript.header
    if not header.firmware:
        return None
    if version_key(header.firmware) is None:
        return f"{golden.transcript.name}: firmware {header.firmware!r} holds no number"
    stage = Stage(header, golden.make, golden.requests)
    for step in golden.plan:
        stage.perform(step.act, whole)
    for event in stage.events:
        if isinstance(event, LoginProved) and event.firmware not in ("", header.firmware):
            return (
                f"{golden.transcript.name}: the header says firmware {header.firmware},"
                f" the terminal says {event.firmware}"
            )
    return None
