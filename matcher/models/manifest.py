"""Reads what an operator writes about a network of his own: an embedder or a liveness model.

Every key is checked and none is guessed, because a wrong colour order or scale does not fail: it
only recognises people worse.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gateway.matcher.models.contract import (
    Colour,
    InputContract,
    Layout,
    LivenessContract,
    Model,
    Role,
)
from gateway.matcher.models.keys import Table

LARGEST_SIDE = 1_024
MOST_DIMENSIONS = 1_024
"""A template of more does not fit the terminals' protocol (YLS/1 10.8)."""
MOST_ALGORITHMS = 0xFFFF
OWN_ALGORITHMS = 0x1000
"""Numbers below are Gatepost's own to give."""


def read_manifest(document: Mapping[str, Any], place: Path, role: Role) -> tuple[Model, Path]:
    """Return the model and its file; raises ModelRefused (``model.manifest``) naming the key.

    ``place`` is the manifest's own path: ``file`` is relative to its folder.
    """
    table = Table(document, str(place), code="model.manifest")
    name, version = table.word("name"), table.word("version")
    found = table.choice("role", Role)
    if found is not role:
        raise table.refused("role", f'is "{found.value}", but a "{role.value}" is wanted here')
    file = place.parent / table.text("file")
    dimensions = table.whole("dimensions", 1, MOST_DIMENSIONS)
    model = Model(
        role=role,
        name=name,
        version=version,
        licence=table.text("licence"),
        digest=table.digest("sha256"),
        converted=table.digest("converted_sha256") if "converted_sha256" in document else None,
        input=_input(table.table("input")),
        output=table.text("output"),
        dimensions=dimensions,
        algorithm=_algorithm(table) if role is Role.EMBEDDER else 0,
        liveness=_liveness(table, dimensions) if role is Role.LIVENESS else None,
    )
    table.finish()
    return model, file


def _input(table: Table) -> InputContract:
    read = InputContract(
        width=table.whole("width", 16, LARGEST_SIDE),
        height=table.whole("height", 16, LARGEST_SIDE),
        colour=table.choice("colour", Colour),
        layout=table.choice("layout", Layout),
        mean=table.three("mean"),
        scale=table.three("scale"),
    )
    table.finish()
    return read


def _algorithm(table: Table) -> int:
    return table.whole("algorithm", OWN_ALGORITHMS, MOST_ALGORITHMS)


def _liveness(table: Table, dimensions: int) -> LivenessContract:
    inner = table.table("liveness")
    read = LivenessContract(
        crop=inner.number("crop", 1.0, 4.0),
        live=inner.whole("live", 0, dimensions - 1),
        softmax=inner.truth("softmax"),
    )
    inner.finish()
    return read
