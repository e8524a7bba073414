"""From settings to what the matcher is made of: its networks, its limits, its threads."""

from __future__ import annotations

from pathlib import Path

from gateway.database import data_root
from gateway.matcher.galleries.registry import Galleries
from gateway.matcher.matcher import LocalMatcher
from gateway.matcher.models.contract import ModelRefused, Role
from gateway.matcher.models.manifest import read_manifest
from gateway.matcher.models.registry import Entry, Registry
from gateway.matcher.pictures.decode import Bounds
from gateway.matcher.pictures.pipeline import load
from gateway.matcher.pictures.rules import FaceRules
from gateway.matcher.pool import Pool
from gateway.settings import Settings
from gateway.text_file import Unreadable, parse_toml, read_text

MODELS = "models"


def registry(settings: Settings) -> Registry:
    """Return the networks that the settings name; raises ModelRefused for a bad manifest."""
    section = settings.matcher
    named = Registry(
        folder=section.models or data_root(settings) / MODELS,
        files=section.files,
        liveness=_entry(section.liveness, Role.LIVENESS) if section.liveness else None,
    )
    if section.embedder:
        named = Registry(
            folder=named.folder,
            files=named.files,
            embedder=_entry(section.embedder, Role.EMBEDDER),
            liveness=named.liveness,
        )
    return named


def bounds(settings: Settings) -> Bounds:
    """Return what a picture may be."""
    section = settings.matcher
    return Bounds(most_bytes=section.picture_bytes, most_pixels=section.picture_pixels)


def face_rules(settings: Settings) -> FaceRules:
    """Return the limits of face pictures; those that the notice fixes are not settings."""
    section = settings.matcher
    return FaceRules(
        size_tolerance=section.size_tolerance,
        most_distortion=section.distortion,
        least_evenness=section.light_evenness,
        most_clipped=section.light_clipped,
    )


def pool(settings: Settings) -> Pool:
    """Start the threads that analyse and search; whoever calls this closes them."""
    section = settings.matcher
    return Pool(threads=section.threads, waiting=section.waiting)


def matcher(settings: Settings, threads: Pool) -> LocalMatcher:
    """Verify and load the networks; raises ModelRefused. Warm it before the first question."""
    pipeline = load(registry(settings), rules=face_rules(settings), bounds=bounds(settings))
    return LocalMatcher(pipeline, Galleries(), threads)


def _entry(manifest: Path, role: Role) -> Entry:
    try:
        document = parse_toml(read_text(manifest))
    except OSError as error:
        cause, remedy = f"{error.strerror}.", f"Correct the setting matcher.{role.value}."
    except Unreadable as error:
        cause, remedy = error.cause, error.remedy
    else:
        model, file = read_manifest(document, manifest, role)
        return Entry(model=model, origin=file)
    raise ModelRefused("model.manifest", cause, place=str(manifest), remedy=remedy)
