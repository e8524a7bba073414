"""What was not measured is neither met nor unmet."""

from __future__ import annotations

from gateway.domain.quality import Finding, PictureReport, QualityPolicy


def finding(code: str, *, met: bool | None) -> Finding:
    measured = None if met is None else 1.0
    return Finding(rule="R-000", code=code, measured=measured, limit="1", met=met)


REPORT = PictureReport(
    format="bmp",
    width=640,
    height=480,
    faces=None,
    findings=(finding("a", met=True), finding("b", met=False), finding("c", met=None)),
)


def test_each_rule_is_in_one_list_at_most() -> None:
    assert REPORT.unmet == ("b",)
    assert REPORT.unmeasured == ("c",)


def test_only_what_is_unmet_and_not_waived_refuses() -> None:
    assert QualityPolicy(name="strict").refuses(REPORT) == ("b",)
    assert QualityPolicy(name="loose", waived=frozenset({"b"})).refuses(REPORT) == ()
