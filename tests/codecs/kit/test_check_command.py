"""`gatepost codec check` in a process of its own: the scaffold passes, hostile codecs are named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.projects import NAME, change, gatepost, project

FEED = "    def read(self, frame: bytes, now: Instant) -> Iterator[events.Event]:\n"
BEAT = "            yield events.Heartbeat()\n"
ACCEPT = "                if (sequence := self.settle(r)) is not None:"


def test_the_scaffold_reaches_bronze_as_it_stands(tmp_path: Path) -> None:
    folder = project(tmp_path / "new")
    ran = gatepost(folder, "check", NAME)
    assert ran.stdout.startswith("door/1: bronze reached\n"), ran.stdout
    assert ran.returncode == 0
    assert "median" in ran.stdout
    silver = gatepost(folder, "check", NAME, "--tier", "silver", "--fuzz", "1", "--json")
    answer = json.loads(silver.stdout)
    assert (silver.returncode, answer["tier"]) == (1, "bronze")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        pytest.param(
            BEAT, "            raise KeyError(9)\n", "KeyError: 9 at door_gateway.py:", id="raises"
        ),
        pytest.param(
            BEAT,
            "            while True:\n                sequence += 1\n",
            "one call into the codec runs for more than 3 s of processor time, now at door_gateway",
            id="loops for ever",
        ),
        pytest.param(
            BEAT,
            "            import threading; threading.Event().wait()\n",
            "one call into the codec does not return for 30 s, now at threading.py",
            id="waits for ever",
        ),
        pytest.param(
            "HELLO, BEAT,",
            "while True:\n    pass\nHELLO, BEAT,",
            "is there a loop that does not end? (while it was imported)",
            id="loops on import",
        ),
        pytest.param(
            "HELLO, BEAT,",
            "import sys\nsys.exit(3)\nHELLO, BEAT,",
            "cannot be imported: SystemExit: 3",
            id="leaves on import",
        ),
        pytest.param(
            BEAT,
            "            import ctypes; ctypes.string_at(0)\n",
            "ended the process by SIGSEGV (during P0)",
            id="crashes the process",
        ),
        pytest.param(
            BEAT,
            "            raise SystemExit(0)\n",
            "ended the process with exit status 0: it has no say in that",
            id="leaves",
        ),
        pytest.param(
            FEED,
            "    def feed(self, data, now):\n        return None\n\n" + FEED,
            "feed() returned None: return a list of events, [] when there is none",
            id="returns nothing",
        ),
        pytest.param(
            BEAT,
            "            yield 'beat'\n",
            "feed() returned str 'beat' among its events: use the classes of gateway.domain.events",
            id="returns nonsense",
        ),
        pytest.param(
            FEED,
            "    def output(self):\n        return 'ok'\n\n" + FEED,
            "output() returned str 'ok': return bytes",
            id="sends nonsense",
        ),
        pytest.param(
            BEAT,
            "            STORE.append(bytes(4096)); yield events.Heartbeat()\n",
            "something outside it (a module, a class) keeps growing, at door_gateway.py:",
            id="leaks",
        ),
        pytest.param(
            "            number, person, seconds, direction = PASSAGE.unpack_from(body)\n",
            "            number, person, seconds, direction = PASSAGE.unpack_from(body)\n"
            "            self.__dict__.setdefault('seen', []).append(frame)\n",
            "bytes stay behind for each message sent again, at door_gateway.py:",
            id="leaks in one kind of message",
        ),
        pytest.param(
            "                if (sequence := self.settle(r)) is not None:  # None",
            "                if (sequence := self._tickets.get(r)) is not None:  # None",
            "receipt 1 again: Accept sent",
            id="answers twice",
        ),
        pytest.param(
            "            number, person, seconds, direction = PASSAGE.unpack_from(body)\n",
            "            number, person, seconds, direction = PASSAGE.unpack_from(body)\n"
            "            self.answer(RECORD | ANSWER, sequence)\n",
            "is sent at once",
            id="answers early",
        ),
        pytest.param(
            "kind = LATER if isinstance(request, requests.Defer) else RECORD | ANSWER",
            "kind = RECORD | ANSWER",
            "Accept and Defer both send",
            id="tells a lie",
        ),
        pytest.param(
            "import hashlib\n",
            "import hashlib\nimport random\nimport socket\nimport time\n",
            "imports random: random bytes come from context.entropy(n)",
            id="forbidden imports",
        ),
        pytest.param(
            BEAT,
            "            __import__('socket').socket(); yield events.Heartbeat()\n",
            "a codec may not cause socket.__new__: it has no input or output",
            id="opens a socket behind our back",
        ),
        pytest.param(
            "direction=Direction(direction) if direction in (1, 2) else Direction.UNKNOWN",
            "direction=Direction(direction)",
            "ValueError: 255 is not a valid Direction",
            id="boundary values",
        ),
        pytest.param(
            "if len(first) > 1 else None",
            "if len(first) > 99 else True",
            "opening() claims more than an eighth of 256 random beginnings",
            id="claims everything",
        ),
    ],
)
def test_a_hostile_codec_is_named_with_what_to_mend(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    folder = project(tmp_path / "new", (old, new))
    if "STORE" in new:
        change(folder / "door_gateway.py", ("HELLO, BEAT,", "STORE: list = []\nHELLO, BEAT,"))
    gatepost(folder, "bless", NAME)
    ran = gatepost(folder, "check", NAME, "--fuzz", "0.1")
    assert said in ran.stdout + ran.stderr, ran.stdout + ran.stderr
    assert ran.returncode == 1


def test_a_name_that_is_another_packages_is_refused(tmp_path: Path) -> None:
    folder = project(tmp_path / "new", ('name="door"', 'name="yls"'))
    change(folder / "pyproject.toml", ('door = "door_gateway', 'yls = "door_gateway'))
    ran = gatepost(folder, "check", "yls", "--fixtures", f"fixtures/{NAME}")
    assert ran.returncode == 1
    assert "[codec.name_taken]" in ran.stderr
    assert "'yls' is the name of a dialect of gatepost" in ran.stderr


def test_blessing_a_codec_that_hangs_or_raises_writes_nothing(tmp_path: Path) -> None:
    for number, (line, said) in enumerate(
        [("while True:\n                pass\n", "loop"), ("raise KeyError\n", "KeyError")]
    ):
        folder = project(tmp_path / str(number), (BEAT, f"            {line}"))
        before = (folder / f"fixtures/{NAME}/first.wire").read_text()
        ran = gatepost(folder, "bless", NAME)
        assert ran.returncode == 1
        assert "[codec.bless]" in ran.stderr
        assert said in ran.stderr
        assert (folder / f"fixtures/{NAME}/first.wire").read_text() == before


def test_a_blessed_transcript_shows_a_change_as_a_diff_and_keeps_what_people_wrote(
    tmp_path: Path,
) -> None:
    folder = project(tmp_path / "new", ("kind == BEAT:", "kind == BEAT and sequence:"))
    wire = folder / f"fixtures/{NAME}/first.wire"
    assert "0 changed" in gatepost(folder, "bless", NAME, "--dry-run").stdout
    change(wire, ('"number": 1205, ', ""))
    assert "0 changed" in gatepost(folder, "bless", NAME, "--dry-run").stdout
    change(folder / "door_gateway.py", ("seconds * 1000", "seconds * 1000 + 1"))
    ran = gatepost(folder, "bless", NAME, "--dry-run")
    assert ran.returncode == 1
    assert "+= PassageReported" in ran.stdout
    assert gatepost(folder, "bless", NAME).returncode == 0
    text = wire.read_text()
    assert '"device_ms": 1788325456001' in text
    assert "# The heartbeat is answered at once" in text
    assert "1205" not in text


def test_a_name_nobody_has_and_a_folder_without_transcripts_are_explained(tmp_path: Path) -> None:
    ran = gatepost(tmp_path, "check", "nobody")
    assert ran.returncode == 1
    assert "no usable dialect of that name; there are: cti, hikvision, yls." in ran.stderr
    ran = gatepost(tmp_path, "check", "yls")
    assert "there is no transcript (*.wire) in this folder" in ran.stderr


def test_a_transcript_with_a_wrong_checksum_is_named_by_its_line(tmp_path: Path) -> None:
    folder = project(tmp_path / "new")
    file = folder / f"fixtures/{NAME}/first.wire"
    lines = file.read_text(encoding="utf-8").splitlines()
    at = next(n for n, line in enumerate(lines) if line.startswith("> aa 55 02"))
    lines[at] = lines[at][:-1] + ("0" if lines[at][-1] != "0" else "1")
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    ran = gatepost(folder, "check", NAME, "--fuzz", "0.1")
    assert ran.returncode == 1
    assert f"first.wire:{at + 1}" in ran.stdout
    assert 'expected Heartbeat {}, got FrameDamaged {"code": "checksum"' in ran.stdout
    assert "if what it does now is right, `gatepost codec bless` writes it down" in ran.stdout
    assert "transcripts do not play as written (P0): mend those first" in ran.stdout
    assert "no transcript expects" not in ran.stdout.partition("silver -")[0]


def test_blessing_a_capture_that_ends_early_says_how_much_was_not_read(tmp_path: Path) -> None:
    folder = project(tmp_path / "new")
    file = folder / f"fixtures/{NAME}/first.wire"
    head, _, body = file.read_text(encoding="utf-8").partition("---\n")
    sent = [line for line in body.splitlines() if line[:1] in "> "]
    file.write_text("\n".join([head + "---", *sent, ""]), encoding="utf-8")
    ran = gatepost(folder, "bless", NAME, str(file.relative_to(folder)), "--answer", "--dry-run")
    assert "('bad_proof'), so the last 5 messages were not read" in ran.stderr
    assert "--secret-file" in ran.stderr
    key = tmp_path / "key.hex"
    key.write_text(bytes(range(32)).hex())
    words = ("--answer", "--dry-run", "--secret-file", str(key))
    assert gatepost(folder, "bless", NAME, *words).stderr == ""
