"""By which numbers is decided: the defaults, and what an operator may set."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

from gateway.config import load
from gateway.domain.matching import Trait
from gateway.limits import verify_limits
from gateway.services.verify.limits import Threshold, VerifyLimits
from gateway.settings import Settings
from gateway.verification_settings import SFACE, Rule
from tests.gateway.test_config import mistakes, written

ROOT = Path(__file__).resolve().parents[2]
FACE = (
    '[[threshold]]\ntrait = "face"\nalgorithm = 4096\n'
    "one_to_one = 0.33\none_to_many = 0.4\nmargin = 0.06\n"
)


def limits(tmp_path: Path, text: str) -> VerifyLimits:
    return verify_limits(load(written(tmp_path, text), {}))


def test_the_defaults_know_the_built_in_face_model_and_no_iris() -> None:
    assert verify_limits(Settings()).thresholds == {
        (Trait.FACE, SFACE): Threshold(one_to_one=0.5, one_to_many=0.52, margin=0.05)
    }


def test_an_iris_algorithm_gets_the_usual_bound_as_soon_as_it_is_named(tmp_path: Path) -> None:
    thresholds = limits(tmp_path, "[[threshold]]\nalgorithm = 7\n").thresholds
    assert thresholds[Trait.IRIS, 7] == Threshold(one_to_one=0.68, one_to_many=0.68, margin=0.05)
    assert (Trait.FACE, SFACE) in thresholds


def test_a_face_model_of_ones_own_needs_numbers_of_its_own(tmp_path: Path) -> None:
    assert limits(tmp_path, FACE).thresholds[Trait.FACE, 4096].one_to_many == 0.4
    for line in ("one_to_one = 0.33\n", "one_to_many = 0.4\n", "margin = 0.06\n"):
        ((code, place, said),) = mistakes(written(tmp_path, FACE.replace(line, "")))
        assert (code, place) == ("config.contradiction", "gatepost.toml: threshold.0")
        assert "a face model has no defaults" in said


def test_an_algorithm_has_one_place_for_its_numbers(tmp_path: Path) -> None:
    ((_, place, said),) = mistakes(written(tmp_path, FACE + FACE))
    assert "already" in said
    assert place.endswith("threshold.1")
    ((_, _, said),) = mistakes(written(tmp_path, FACE.replace("4096", str(SFACE))))
    assert "[verification]" in said


def test_opencvs_advice_is_out_of_bounds(tmp_path: Path) -> None:
    """At 0.363 a seventh of the searches by strangers among 39 people find somebody."""
    for key in ("face_one_to_one", "face_one_to_many"):
        ((_, place, _),) = mistakes(written(tmp_path, f"[verification]\n{key} = 0.363\n"))
        assert key in place


def test_a_rule_that_does_not_exist_cannot_be_waived(tmp_path: Path) -> None:
    """It would look as if pictures were refused by a rule that was waived."""
    ((code, place, said),) = mistakes(written(tmp_path, '[verification]\nwaived = ["eyes"]\n'))
    assert code == "config.bad_value"
    assert place.endswith("verification.waived.0")
    assert "eye_distance" in said


def test_every_rule_the_operators_page_names_can_be_waived() -> None:
    page = (ROOT / "docs" / "operators" / "matcher.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| R-06[0-6] \| (.+?) \|", page, re.MULTILINE)
    named = {code for row in rows for code in re.findall(r"`(\w+)`", row)}
    assert named == set(get_args(Rule))


def test_everything_else_is_taken_as_it_is_set(tmp_path: Path) -> None:
    found = limits(
        tmp_path,
        "[verification]\nface_one_to_one = 0.5\nface_one_to_many = 0.6\nface_margin = 0.1\n"
        "liveness_floor = 0\nliveness_required = true\nmargin_ms = 7\nlinger_seconds = 60\n"
        'waived = ["eye_distance"]\nrefuse_doubles = false\ndecisions_waiting = 200\n'
        "decisions_batch = 20\n",
    )
    assert found.thresholds[Trait.FACE, SFACE] == Threshold(
        one_to_one=0.5, one_to_many=0.6, margin=0.1
    )
    assert (found.liveness_floor, found.liveness_required) == (0, True)
    assert (found.margin_ms, found.linger_s, found.refuse_doubles) == (7, 60, False)
    assert found.enrolment.waived == {"eye_distance", "infrared"}
    assert (found.decision_rows, found.decision_batch) == (200, 20)
