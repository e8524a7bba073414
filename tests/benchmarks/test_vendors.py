"""The rows about vendors are made from what was seen, and a miss shows in the verdict."""

from __future__ import annotations

from benchmarks.bench import Bench
from benchmarks.goals import Verdict
from benchmarks.rows.vendors import identified, smallest
from tests.codecs.kit.accuracy import Accuracy


def test_captures_read_wrongly_are_counted_and_named() -> None:
    names = tuple(f"capture {number}" for number in range(20))
    wrong = {"framing": ["capture 3"], "checksum": ["capture 1", "capture 2", "capture 3"]}
    row = identified(Accuracy(names=names, telling=frozenset(names[:4]), wrong=wrong))
    assert [check.verdict for check in row.checks] == [Verdict.STRETCH, Verdict.SHORT]
    assert row.ours == "framing 19 of 20, checksum 17 of 20"
    assert any("framing 3, checksum 1" in note for note in row.notes)
    assert "wrong framing: capture 3" in row.notes


def test_the_smallest_codec_is_counted_only_because_it_is_bronze() -> None:
    (row,) = smallest(Bench(quick=True))
    assert row.verdict in (Verdict.STRETCH, Verdict.MET)
    assert "tier bronze" in row.notes[0]
