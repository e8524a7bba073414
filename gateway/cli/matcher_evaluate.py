"""``gatepost matcher evaluate``: what error rates a set of pictures shows, and what it cannot."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gateway.cli.options import config_option, settings_from

if TYPE_CHECKING:
    from gateway.matcher.evaluation.evaluation import DataSet, Evaluation
    from gateway.settings import Settings

GATE, ENROLMENT = "gate", "enrolment"


@click.command()
@click.argument(
    "folder",
    metavar="[DIR]",
    required=False,
    type=click.Path(path_type=Path, exists=True, file_okay=False),
)
@click.option("--orl", is_flag=True, help="Evaluate the ORL pictures of the installed package.")
@click.option(
    "--fmr",
    "targets",
    multiple=True,
    type=click.FloatRange(0, 0.5, min_open=True),
    help="Rate of false matches for which a threshold is wanted; may be repeated. "
    "Default: 0.01 to 0.000001.",
)
@click.option(
    "--threshold",
    "thresholds",
    multiple=True,
    type=click.FloatRange(-1, 1),
    help="A threshold to measure beside those in use; may be repeated.",
)
@click.option(
    "--gallery",
    "galleries",
    multiple=True,
    type=click.IntRange(min=1),
    help="Persons in a gallery that is searched; may be repeated. The largest that the pictures "
    "allow is always measured.",
)
@click.option(
    "--enrolled",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Pictures of each person that are enrolled in galleries, the first ones by name.",
)
@click.option(
    "--policy",
    type=click.Choice([GATE, ENROLMENT]),
    default=GATE,
    show_default=True,
    help="What refuses a picture: at a gate only that no single face can be embedded, for "
    "enrolment also the rules that verification.waived does not waive.",
)
@click.option("--draws", type=click.IntRange(100, 100_000), default=1_000, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True, help="Of the drawings of persons.")
@click.option("--most", type=click.IntRange(min=2), help="Pictures at most. Default: 6000.")
@click.option(
    "--picture",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write both curves into this SVG file.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@config_option
def evaluate(*, config: Path | None, picture: Path | None, as_json: bool, **asked: Any) -> None:
    """Compare all pictures of a folder with one another: DIR/IDENTITY/PICTURE.

    Pictures are JPEG, PNG, BMP or PGM. The networks are those of the settings, made by `gatepost
    matcher prepare`. The report says at which thresholds strangers match and workers are missed,
    how sure that is, and what these pictures cannot show; see docs/operators/calibration.md.
    """
    # Imported late: numpy and onnxruntime take a second, which no other command should.
    from gateway.matcher.evaluation.document import document
    from gateway.matcher.evaluation.picture import draw
    from gateway.matcher.evaluation.text import report

    if (asked["folder"] is None) != asked["orl"]:
        raise click.UsageError("Give a folder of identities, or --orl.")
    data = _data_set(asked["folder"], asked["most"])
    found = _evaluated(data, settings_from(config), asked)
    if picture is not None:
        picture.write_text(draw(found.figures, f"{_embedder(found)}: {found.source}"), "utf-8")
    click.echo(json.dumps(document(found), indent=1) if as_json else report(found), nl=as_json)


def _data_set(folder: Path | None, most: int | None) -> DataSet:
    from gateway.matcher.evaluation import orl
    from gateway.matcher.evaluation.evaluation import DataSet
    from gateway.matcher.evaluation.listing import MOST_PICTURES, listing

    most = most or MOST_PICTURES
    if folder is not None:
        return DataSet(name=str(folder), listing=listing(folder, most))
    found = listing(orl.orl(), most, orl.SUFFIXES)
    return DataSet(name=orl.NAME, credit=orl.CREDIT, listing=found, framing=orl.FRAMING)


def _evaluated(data: DataSet, settings: Settings, asked: dict[str, Any]) -> Evaluation:
    from gateway.matcher.evaluation.evaluation import Treatment, evaluate
    from gateway.matcher.evaluation.figures import TARGETS, InUse, Question
    from gateway.matcher_evaluation import enrolment_policy, in_use, pipeline

    analyser, models = pipeline(settings)
    question = Question(
        targets=asked["targets"] or TARGETS,
        in_use=(
            *in_use(settings, analyser.algorithm),
            *(InUse(name="asked for", threshold=one) for one in asked["thresholds"]),
        ),
        galleries=asked["galleries"],
        enrolled=asked["enrolled"],
        draws=asked["draws"],
        seed=asked["seed"],
    )
    treatment = Treatment(
        analyse=analyser.analyse,
        models=models,
        policy=enrolment_policy(settings) if asked["policy"] == ENROLMENT else None,
        at_once=settings.matcher.threads or len(os.sched_getaffinity(0)),
    )
    return evaluate(data, treatment, question)


def _embedder(found: Evaluation) -> str:
    return next(f"{one.name} {one.version}" for one in found.models if one.algorithm)
