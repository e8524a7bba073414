"""What the figures show, and above all what they cannot show, in sentences.

The goals are those of the procurement rules: for faces accuracy over 99 % and false acceptance
below 0.01 %, in 1:1 and in a gallery of 5,000 (R-083); for irises 10⁻⁶ and 0.1 % (R-084).
"""

from __future__ import annotations

from collections.abc import Iterator

from gateway.matcher.evaluation.figures import Figures, OperatingPoint
from gateway.matcher.evaluation.limits import needed, upper_limit

from gateway.domain.values import value

FACE_FMR, FACE_FNMR = 1e-4, 1e-2
IRIS_FMR, IRIS_FNMR = 1e-6, 1e-3
FACE_GALLERY = 5_000
FPIR_GOAL = 1e-2
"""A rate of false identifications of strangers that a gate could bear; no rule names one."""


@value
class Claim:
    """One sentence and whether it says that something is shown."""

    code: str
    """Stable: ``fmr.floor``, ``fnmr.floor``, ``R-083.1:1``, ``R-083.1:N``, ``R-084``, ``gallery``,
    ``persons``, ``field``."""
    shown: bool
    text: str


def claims(figures: Figures) -> tuple[Claim, ...]:
    """Judge a set of figures."""
    return (*_floors(figures), *_face(figures), *_galleries(figures), *_elsewhere())


def rate_text(rate: float) -> str:
    """Write a rate so that small ones keep their digits."""
    return f"{rate:.2%}" if rate >= 0.001 or rate == 0 else f"{rate:.1e}"


def _floors(figures: Figures) -> Iterator[Claim]:
    for code, name, trials in (
        ("fmr.floor", "FMR", figures.impostor),
        ("fnmr.floor", "FNMR", figures.genuine),
    ):
        kind = "impostor" if name == "FMR" else "genuine"
        floor = rate_text(upper_limit(0, trials))
        text = f"With {trials:,} {kind} comparisons nothing below {name} {floor} can be shown."
        yield Claim(code=code, shown=False, text=text)
    yield Claim(
        code="persons",
        shown=False,
        text=f"All comparisons come from {figures.persons} persons, so they are fewer than they "
        "look: true limits are wider than the exact ones, and persons unlike these may fare worse.",
    )


def _face(figures: Figures) -> Iterator[Claim]:
    goal = f"FMR < {rate_text(FACE_FMR)} and FNMR < {FACE_FNMR:.0%} at once (R-083, 1:1)"
    best = _best(figures)
    if best is None:
        comparisons = f"{needed(FACE_FMR):,} impostor comparisons without a false match"
        text = f"Not shown: {goal}. That takes {comparisons}, there are {figures.impostor:,}."
        yield Claim(code="R-083.1:1", shown=False, text=text)
        return
    shown = best.fmr.upper <= FACE_FMR and best.fnmr.upper < FACE_FNMR
    text = (
        f"{'Shown on this set' if shown else 'Not shown'}: {goal}. At {best.threshold:.4f} the "
        f"upper limits are FMR {rate_text(best.fmr.upper)} and FNMR {rate_text(best.fnmr.upper)}."
    )
    yield Claim(code="R-083.1:1", shown=shown, text=text)


def _best(figures: Figures) -> OperatingPoint | None:
    """Return the lowest threshold that keeps the goal's FMR even at its upper limit."""
    fit = [point for point in figures.points if point.fmr.upper <= FACE_FMR]
    return min(fit, key=lambda point: point.threshold, default=None)


def _galleries(figures: Figures) -> Iterator[Claim]:
    most = figures.largest_gallery
    yield Claim(
        code="gallery",
        shown=False,
        text=f"Galleries of more than {most:,} persons are not measured: the set has no more.",
    )
    wanted = sorted({FACE_GALLERY, *figures.question.galleries})
    for gallery in (size for size in wanted if size > most):
        fmr = 1 - (1 - FPIR_GOAL) ** (1 / gallery)
        text = (
            f"Not measured: FPIR and FNIR at {gallery:,} persons. FPIR {FPIR_GOAL:.0%} there would "
            f"need an FMR of about {fmr:.0e}, which {needed(fmr):,} impostor comparisons without a "
            f"false match would show; there are {figures.impostor:,}."
        )
        code = "R-083.1:N" if gallery == FACE_GALLERY else "gallery"
        yield Claim(code=code, shown=False, text=text)
    if most >= FACE_GALLERY:
        yield Claim(code="R-083.1:N", shown=True, text="Measured at 5,000 persons: see galleries.")


def _elsewhere() -> Iterator[Claim]:
    yield Claim(
        code="R-084",
        shown=False,
        text=f"Not measured: irises. FMR {IRIS_FMR:.0e} and FNMR {IRIS_FNMR:.1%} need "
        f"{needed(IRIS_FMR):,} impostor and {needed(IRIS_FNMR):,} genuine comparisons "
        "without an error.",
    )
    yield Claim(
        code="field",
        shown=False,
        text="Not measured: helmets, sun, sweat, years between pictures, identity-card photos, "
        "groups of people, and any attack with photos, videos or masks.",
    )
