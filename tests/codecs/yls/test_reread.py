"""What a record kept is read to the same event again, without its conversation."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from gateway.codecs.replay import Stage, steps, whole
from gateway.codecs.transcript import read_transcript
from gateway.codecs.yls.body import Refused
from gateway.codecs.yls.dialect import DIALECT

from gateway.domain.events import FaultReported, PassageReported

FILES = sorted((Path(__file__).parents[3] / "fixtures/yls").glob("*.wire"))


def test_every_record_of_the_transcripts_is_read_again() -> None:
    seen = 0
    for path in FILES:
        script = read_transcript(path.read_text(encoding="utf-8"), path.name)
        if script.header.role == "device":
            continue
        stage = Stage(script.header, DIALECT.conversation)
        for step in steps(script):
            stage.perform(step.act, whole)
        for event in stage.events:
            if isinstance(event, PassageReported | FaultReported):
                seen += 1
                assert DIALECT.reread is not None
                again = DIALECT.reread(event.raw)
                assert again is not None
                again = replace(again, receipt=event.receipt, lane=event.lane)
                if isinstance(event, PassageReported) and event.picture and event.picture.data:
                    continue  # the picture is stored apart from the record
                assert again == event
    assert seen > 5


def test_what_is_no_record_is_refused() -> None:
    assert DIALECT.reread is not None
    with pytest.raises(Refused):
        DIALECT.reread(b"\x80\x20")
