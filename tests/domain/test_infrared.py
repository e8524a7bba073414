"""An infrared picture that is missing is a deficiency on record."""

from __future__ import annotations

from gateway.domain.quality import Finding, PictureReport, QualityPolicy, with_infrared

REPORT = PictureReport(
    format="jpeg",
    width=640,
    height=480,
    faces=1,
    findings=(
        Finding(rule="R-062", code="eye_distance", measured=60.0, limit=">= 64 px", met=False),
        Finding(rule="R-065", code="roll", measured=2.0, limit="15", met=True),
    ),
)


def test_a_missing_infrared_picture_is_a_deficiency_that_may_be_waived() -> None:
    missing = with_infrared(REPORT, present=False)
    assert missing.unmet == ("eye_distance", "infrared")
    assert missing.findings[-1].rule == "R-061"
    assert with_infrared(REPORT, present=True).unmet == ("eye_distance",)
    unfit = with_infrared(REPORT, present=True, unfit=("roll", "faces"))
    assert unfit.unmet == ("eye_distance", "infrared")
    assert unfit.findings[-1].measured == "unfit: roll, faces"
    policy = QualityPolicy(name="no IR camera", waived=frozenset({"infrared", "eye_distance"}))
    assert policy.refuses(missing) == ()
