"""What may be set for verification: thresholds, liveness, time to answer, enrolment policy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Literal

from pydantic import Strict

from gateway.matcher.models import shipped
from gateway.setting_kinds import Section, setting

Rule = Literal[
    "picture_size",
    "picture_format",
    "infrared",
    "eye_distance",
    "face_box",
    "yaw",
    "pitch",
    "roll",
    "distortion",
    "face_margin",
    "light_evenness",
    "light_clipped",
]
"""Rules of pictures that can be unmet with a face in the picture."""
Codes = Annotated[tuple[Rule, ...], Strict(strict=False)]

SFACE = shipped.SFACE.algorithm
"""Number of the face model that is built in."""
FIGURES = ("one_to_one", "one_to_many", "margin")


class VerificationSection(Section):
    """How the gateway decides who passes, where a project lets it; see verification.md."""

    face_one_to_one: float = setting(
        0.5,
        "Cosine a face must reach against the person a terminal claims, with the built-in model.",
        why="None of 78,000 pairs of strangers reached it, however the pictures were enlarged; two "
        "reached 0.48. See calibration.md.",
        ge=0.4,
        le=1,
    )
    face_one_to_many: float = setting(
        0.52,
        "Cosine a face must reach in a search, with the built-in model.",
        why="None of 78,000 pairs of strangers reached it. Everybody in a gallery is a chance to "
        "be wrong, so a search wants more than a claim.",
        ge=0.45,
        le=1,
    )
    face_margin: float = setting(
        0.05,
        "By how much the cosine of the best must exceed the next person's in a search.",
        why="Holds back where two people are alike, brothers for instance; not measured.",
        ge=0,
        le=0.5,
    )
    liveness_floor: float = setting(
        0.5,
        'The terminal\'s own liveness below this is its "no" and shuts the gate; 0 ignores it.',
        why="Half of a scale from 0 to 1 is where makers that do not say otherwise put it. What a "
        "terminal does not send is never taken for alive.",
        ge=0,
        le=1,
    )
    liveness_required: bool = setting(
        False,
        "Whether a question without a liveness of the terminal is refused.",
        why="Not every terminal sends it; those that do not would shut their gates.",
    )
    margin_ms: int = setting(
        20,
        "Milliseconds kept back of what a terminal waits for an answer.",
        why="An answer made at the last moment would leave too late on a busy machine.",
        ge=0,
        le=200,
    )
    linger_seconds: int = setting(
        600,
        "Seconds a gallery stays in memory after the project's last terminal is gone.",
        why="A site whose link breaks for minutes is served at once when it is back.",
        ge=30,
        le=86_400,
    )
    waived: Codes = setting(
        (),
        "Codes of picture rules that do not refuse a photo for enrolment, such as eye_distance.",
        why="All rules of the notice hold. What rests on a waived one says so wherever it shows.",
    )
    infrared_required: bool = setting(
        False,
        "Whether a photo without a fit infrared picture beside it is refused.",
        why="Telephones have none. What is enrolled without it says so as it does of a waived rule "
        "(R-061).",
    )
    refuse_doubles: bool = setting(
        True,
        "Whether a face that another person of the project has already is refused.",
        why="One face under two names is a mistake or a fraud; an operator may answer for one.",
    )
    decisions_waiting: int = setting(
        10_000,
        "Records of decisions that may wait to be stored; further ones are dropped and counted.",
        why="Ten minutes of a busy morning without the database, in some megabytes.",
        ge=100,
        le=1_000_000,
    )
    decisions_batch: int = setting(
        500,
        "Records of decisions at most in one transaction.",
        why="As for records of passages: larger batches gain nothing.",
        ge=1,
        le=10_000,
    )


class ThresholdTable(Section):
    """What scores of one more algorithm must reach; one without thresholds is never compared."""

    algorithm: int = setting(
        ...,
        "Its number, which names model and version: of a terminal's iris codes, or of a face model "
        "of your own.",
        why="There is none: figures of one algorithm say nothing about another.",
        ge=0,
        le=65_535,
    )
    trait: Literal["iris", "face"] = setting(
        "iris", "What it compares.", why="The face model that is built in has its own settings."
    )
    one_to_one: float = setting(
        0.68,
        "Score to reach against a claimed person: 1 − fractional Hamming distance, or cosine.",
        why="Hamming distance 0.32, the usual bound for iris codes. A face model has no default.",
        ge=0,
        le=1,
    )
    one_to_many: float = setting(
        0.68,
        "Score to reach in a search.",
        why="The same: of irises that bound is made for searches.",
        ge=0,
        le=1,
    )
    margin: float = setting(
        0.05,
        "By how much the best must exceed the next person in a search.",
        why="Irises of different people lie far below the bound; not measured.",
        ge=0,
        le=0.5,
    )


def threshold_contradictions(
    tables: Sequence[ThresholdTable],
) -> Iterator[tuple[str, str, str]]:
    """Yield what is wrong with each table that is well-formed, its place, and what to do."""
    seen = set()
    for number, table in enumerate(tables):
        place = f"threshold.{number}"
        if (table.trait, table.algorithm) in seen:
            yield "this algorithm has thresholds already.", place, "Leave one of the tables out."
        seen.add((table.trait, table.algorithm))
        if table.trait == "face" and table.algorithm == SFACE:
            yield (
                "the built-in face model has its thresholds elsewhere.",
                place,
                "Set face_one_to_one, face_one_to_many and face_margin in [verification].",
            )
        elif table.trait == "face" and not set(FIGURES) <= table.model_fields_set:
            yield (
                "a face model has no defaults: figures of one say nothing about another.",
                place,
                f"Set {', '.join(FIGURES)}, as measured for this model.",
            )
