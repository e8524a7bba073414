"""Keeps converted models in a folder, each with a record of what it was made of.

``NAME.onnx`` is the network, ``NAME.json`` says which file went in and which came out. The record
is written last: without it nothing counts as there.
"""

from __future__ import annotations

import hashlib
import json
from enum import Enum
from pathlib import Path
from typing import Any

from gateway.matcher.models.agreement import check_agreement
from gateway.matcher.models.contract import Model, ModelRefused, Origin
from gateway.matcher.models.convert import convert
from gateway.matcher.models.durable import make_folder, write_durably
from gateway.matcher.models.source import read_published

from gateway.domain.values import value

RECORD_FORMAT = 1


class Outcome(Enum):
    """What preparing a model did."""

    READY = "ready"
    CONVERTED = "converted"
    REPLACED = "replaced, it had been altered"


@value
class Prepared:
    """A model that can be run."""

    model: Model
    path: Path
    digest: str
    """SHA-256 of the converted file, in hexadecimal."""
    outcome: Outcome = Outcome.READY


def prepare(model: Model, origin: Origin, *, files: Path | None, folder: Path) -> Prepared:
    """Convert a model into ``folder`` unless it is there already.

    ``files`` holds the published files of packages where those are not installed. Raises
    ModelRefused, and then nothing in the folder has changed.
    """
    outcome = Outcome.CONVERTED
    try:
        return verify(model, folder)
    except ModelRefused as error:
        if error.code == "model.altered":
            outcome = Outcome.REPLACED
    published = read_published(model, origin, files)
    converted = convert(model, published)
    digest = hashlib.sha256(converted).hexdigest()
    if model.converted not in (None, digest):
        raise ModelRefused(
            "model.conversion_differs",
            f"conversion made a file with SHA-256 {digest}, not {model.converted}.",
            place=f"model {model.title}",
            remedy="Install the versions in requirements.lock; if it stays so, report it.",
        )
    check_agreement(model, published, converted)
    _write(model, folder, converted, digest)
    return Prepared(model=model, path=_network(model, folder), digest=digest, outcome=outcome)


def verify(model: Model, folder: Path) -> Prepared:
    """Return a converted model after reading every byte of it.

    Raises ModelRefused: ``model.missing``, or ``model.altered`` where the file, its record and what
    is pinned do not agree.
    """
    path, record = _network(model, folder), _record(model, folder)
    try:
        noted = _parse(record.read_text(encoding="utf-8", errors="replace"))
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise ModelRefused(
            "model.missing",
            f"{error.strerror}.",
            place=str(error.filename or path),
            remedy="Run `gatepost matcher prepare`.",
        ) from error
    went_in, came_out = noted.get("published_sha256"), noted.get("converted_sha256")
    if went_in != model.digest or came_out != digest or model.converted not in (None, digest):
        raise ModelRefused(
            "model.altered",
            "the file is not what conversion made of this model.",
            place=str(path),
            remedy="Find out who changed it, then run `gatepost matcher prepare`.",
        )
    return Prepared(model=model, path=path, digest=digest)


def _network(model: Model, folder: Path) -> Path:
    return folder / f"{model.title}.onnx"


def _record(model: Model, folder: Path) -> Path:
    return folder / f"{model.title}.json"


def _parse(text: str) -> dict[str, Any]:
    try:
        read = json.loads(text)
    except ValueError:
        return {}
    return read if isinstance(read, dict) and read.get("format") == RECORD_FORMAT else {}


def _write(model: Model, folder: Path, converted: bytes, digest: str) -> None:
    noted = {
        "format": RECORD_FORMAT,
        "model": model.name,
        "version": model.version,
        "licence": model.licence,
        "algorithm": model.algorithm,
        "published_sha256": model.digest,
        "converted_sha256": digest,
    }
    try:
        make_folder(folder)
        write_durably(_network(model, folder), converted)
        write_durably(_record(model, folder), (json.dumps(noted, indent=2) + "\n").encode())
    except OSError as error:
        raise ModelRefused(
            "model.unwritable",
            f"{error.strerror}.",
            place=str(error.filename or folder),
            remedy="Set matcher.models to a folder that this user may write to, with room in it.",
        ) from error
