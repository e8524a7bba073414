"""What may be set for terminals that are servers and are dialled."""

from __future__ import annotations

from typing import Annotated

from pydantic import Strict

from gateway.setting_kinds import InProduction, Section, setting


class DiallingSection(Section):
    """Terminals that are servers and are dialled; see `gatepost device reach`."""

    connect_seconds: float = setting(
        3.0,
        "Seconds a connection to a terminal may take.",
        why="A verdict has four in all; a mobile link needs one.",
        ge=0.1,
        le=30,
    )
    keep_seconds: float = setting(
        5.0,
        "Seconds an idle connection to a terminal is used again.",
        why="Half of the ten after which the maker's sample closes it.",
        ge=0,
        le=300,
    )
    errand_seconds: int = setting(
        900,
        "Seconds an order may take altogether once it is being carried out.",
        why="An image of 64 MB on a slow line, and its installation.",
        ge=10,
        le=7_200,
    )
    password_pause_seconds: Annotated[int, InProduction(ge=60)] = setting(
        1_800,
        "Seconds for which nothing is sent to a terminal that refused our password, unless another "
        "is given.",
        why="Terminals lock their account after five wrong ones, for half an hour.",
        ge=1,
        le=86_400,
    )
    backoff_seconds: float = setting(
        60.0,
        "Longest pause between two attempts to reach a terminal that is away.",
        why="Its orders leave within a minute of its return.",
        ge=1,
        le=3_600,
    )
    armed: Annotated[tuple[str, ...], Strict(strict=False)] = setting(
        (),
        "Serial numbers of terminals whose events are read from their alertStream.",
        why="For models that cannot be told to report; all others report better by themselves.",
    )
    at_once: int = setting(
        64,
        "Terminals that orders may be carried out at in the same moment; verdicts are not counted.",
        why="Each may hold a picture or an image in memory.",
        ge=1,
        le=10_000,
    )
