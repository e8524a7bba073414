"""A report as an operator reads it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from textwrap import fill

from gateway.matcher.evaluation.claims import Claim, rate_text
from gateway.matcher.evaluation.estimates import Interval, Rate
from gateway.matcher.evaluation.evaluation import Evaluation
from gateway.matcher.evaluation.extremes import Extremes
from gateway.matcher.evaluation.figures import Figures

NAMED = 5
"""Pictures of one failure that are named; the JSON report names all."""
COLUMNS = 100
RATES = """\
Each rate has two 95 % intervals: (exact, as if comparisons were independent) and [persons drawn
anew]. A threshold for "fmr …" keeps it as counted; "shown" keeps it with its upper limit."""


def report(evaluation: Evaluation) -> str:
    """Return the text, ending in a line feed."""
    figures = evaluation.figures
    parts = [
        *_head(evaluation),
        "",
        *_acquisition(evaluation),
        "",
        *_verification(figures),
        "",
        *_identification(figures),
        "",
        *_extremes(evaluation.extremes),
        "",
        "What this shows and what it cannot show",
        *(_wrapped(claim) for claim in evaluation.claims),
    ]
    return "\n".join(parts) + "\n"


def _head(evaluation: Evaluation) -> Iterator[str]:
    yield f"Pictures   {evaluation.source}"
    if evaluation.credit:
        yield f"           {evaluation.credit}"
    for used in evaluation.models:
        number = f", algorithm {used.algorithm}" if used.algorithm else ""
        yield f"{used.role.capitalize():<10} {used.name} {used.version} ({used.licence}){number}"
        yield f"           published {used.published}"
        yield f"           converted {used.converted}"
    waived = ", ".join(evaluation.waived_rules) or "none"
    yield (
        f"Policy     {evaluation.policy}, rules waived: {waived}"
        if evaluation.policy
        else "Policy     as at a gate: no rule for pictures refuses"
    )


def _acquisition(evaluation: Evaluation) -> Iterator[str]:
    failed, framing = evaluation.acquisition, evaluation.framing
    yield (
        f"Failure to acquire: {failed.errors:.0f} of {failed.trials:,} pictures, "
        f"{_rate(failed)}; counted apart from all rates below"
    )
    by_code: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    for failure in evaluation.failures:
        by_code[failure.codes].append(failure.picture)
    for codes, pictures in sorted(by_code.items()):
        more = f" and {len(pictures) - NAMED} more" if len(pictures) > NAMED else ""
        yield f"  {', '.join(codes)}: {', '.join(pictures[:NAMED])}{more}"
    for code, count in evaluation.waived.items():
        yield f"  let pass: {count:,} pictures do not meet {code}"
    if framing is not None:
        yield (
            f"  Before that, pictures were enlarged {framing.times} times and laid into "
            f"{framing.width}x{framing.height} grey pixels."
        )
    if evaluation.passed_over:
        yield f"  Files passed over, no pictures of an identity: {evaluation.passed_over}."


def _verification(figures: Figures) -> Iterator[str]:
    equal = figures.equal_error
    yield (
        f"1:1, {figures.genuine:,} genuine and {figures.impostor:,} impostor comparisons of "
        f"{figures.pictures:,} pictures of {figures.persons:,} persons"
    )
    yield f"  d' {figures.decidability:.2f}"
    drawn = f" {_drawn(figures.equal_error_drawn)}" if figures.equal_error_drawn else ""
    yield (
        f"  EER {rate_text(equal.rate)}{drawn} at {equal.threshold:.4f}, where the rates are "
        f"{rate_text(equal.low)} and {rate_text(equal.high)}"
    )
    yield from (f"  {line}" for line in RATES.splitlines())
    yield f"  {'threshold':<26}{'FMR':<52}FNMR"
    for point in figures.points:
        yield (
            f"  {point.name:<18}{point.threshold:<8.4f}{_counted(point.fmr):<52}"
            f"{_counted(point.fnmr)}"
        )


def _identification(figures: Figures) -> Iterator[str]:
    if not figures.galleries:
        yield "1:N: not measured, no identity has more pictures than are enrolled."
        return
    enrolled = figures.question.enrolled
    yield (
        f"1:N, {figures.probes:,} searches, first {enrolled} picture"
        f"{'' if enrolled == 1 else 's'} of each person enrolled; the best one must reach the "
        "threshold"
    )
    yield f"  {'threshold':<26}{'gallery':<9}{'FPIR':<45}FNIR"
    for point in figures.galleries:
        margin = f"  margin {point.margin:g}" if point.margin else ""
        yield (
            f"  {point.name:<18}{point.threshold:<8.4f}{point.gallery:<9,}{_rate(point.fpir):<45}"
            f"{_rate(point.fnir)}{margin}"
        )


def _extremes(found: Extremes) -> Iterator[str]:
    yield "Pairs to look at first: a picture under the wrong name is the usual cause of a bad rate"
    for what, pairs in (("strangers", found.strangers), ("one person", found.mates)):
        for pair in pairs:
            yield f"  {what:<12}{pair.score:<8.4f}{pair.one}  {pair.other}"


def _wrapped(claim: Claim) -> str:
    mark = "+" if claim.shown else "-"
    return fill(claim.text, COLUMNS, initial_indent=f"  {mark} ", subsequent_indent="    ")


def _counted(rate: Rate) -> str:
    return f"{rate.errors:,.0f}: {_rate(rate)}"


def _rate(rate: Rate) -> str:
    low, high = rate.exact
    drawn = f" {_drawn(rate.drawn)}" if rate.drawn is not None else ""
    return f"{rate_text(rate.rate)} ({rate_text(low)} … {rate_text(high)}){drawn}"


def _drawn(interval: Interval) -> str:
    return f"[{rate_text(interval[0])} … {rate_text(interval[1])}]"
