"""What a picture measures against the rules for faces and irises, with its reasons.

The report judges nothing: a policy says which unmet rules refuse a picture. What nobody measured is
neither met nor unmet, and says so.
"""

from __future__ import annotations

from dataclasses import replace

from gateway.domain.values import value

INFRARED = "infrared"
"""Code of the rule that wants an infrared picture beside the visible one (R-061)."""


@value
class Finding:
    """One rule, what was measured, and whether it is met."""

    rule: str
    """Number of the requirement, such as ``R-062``."""
    code: str
    """Stable and machine-readable, such as ``eye_distance``."""
    measured: float | str | None
    """None where it was not measured."""
    limit: str
    """What the rule asks, in words and units, such as ``>= 64 px``."""
    met: bool | None
    """None where it was not measured: not a failure, and not a pass either."""


@value
class PictureReport:
    """Everything that was measured of one picture."""

    format: str
    """By content: ``jpeg``, ``png``, ``bmp``, ``raw``, ``jp2``."""
    width: int
    height: int
    """Pixels, after the orientation tag was obeyed."""
    faces: int | None
    """How many faces were found; None where none were looked for."""
    findings: tuple[Finding, ...] = ()

    @property
    def unmet(self) -> tuple[str, ...]:
        """Codes of the rules that were measured and are not met."""
        return tuple(one.code for one in self.findings if one.met is False)

    @property
    def unmeasured(self) -> tuple[str, ...]:
        """Codes of the rules nothing can be said about; they refuse nothing by themselves."""
        return tuple(one.code for one in self.findings if one.met is None)


def with_infrared(
    report: PictureReport, *, present: bool, unfit: tuple[str, ...] = ()
) -> PictureReport:
    """Return the report of a visible-light picture that says whether an infrared one is with it.

    Enrolment asks for both (R-061); a missing one is a deficiency that a policy may waive, and so
    is one that is ``unfit``: the codes of what is wrong with it.
    """
    there = f"unfit: {', '.join(unfit)}" if unfit else "present"
    return replace(
        report,
        findings=(
            *report.findings,
            Finding(
                rule="R-061",
                code=INFRARED,
                measured=there if present else "missing",
                limit="one in visible light and one in infrared",
                met=present and not unfit,
            ),
        ),
    )


@value
class QualityPolicy:
    """Which unmet rules refuse; results that rest on a waived one say so."""

    name: str
    waived: frozenset[str] = frozenset()
    """Codes that do not refuse."""

    def refuses(self, report: PictureReport) -> tuple[str, ...]:
        """Return the codes that refuse the picture; empty accepts it."""
        return tuple(code for code in report.unmet if code not in self.waived)
