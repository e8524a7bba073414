"""The rows about vendors are made from what was seen, and a miss shows in the verdict."""

from __future__ import annotations

from benchmarks.bench import Bench
from benchmarks.goals import Verdict
from benchmarks.rows.vendors import identified, smallest
from tests.codecs.kit.accuracy import Accuracy


def seen(*untold: str) -> Accuracy:
    names = tuple(f"capture {number}" for number in range(20))
    wrong = {"framing": [], "checksum": list(untold), "either": list(untold)}
    return Accuracy(names=names, telling=frozenset(names[:4]), wrong=wrong)


def test_captures_read_wrongly_are_counted_and_named() -> None:
    row = identified(seen("capture 1", "capture 2", "capture 5"), seen("capture 3"))
    assert [check.verdict for check in row.checks] == [Verdict.SHORT, Verdict.STRETCH]
    assert row.ours == "17 of 20; 19 of 20"
    assert "4 fixtures have three whole messages or more; 2 right" in row.notes
    assert "wrong checksum: capture 1, capture 2, capture 5" in row.notes
    assert "wrong checksum: capture 3" in row.notes


def test_the_smallest_codec_is_counted_only_because_it_is_bronze() -> None:
    (row,) = smallest(Bench(quick=True))
    assert row.verdict in (Verdict.STRETCH, Verdict.MET)
    assert "tier bronze" in row.notes[0]
