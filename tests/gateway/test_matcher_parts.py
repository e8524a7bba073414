"""What the settings of the matcher become."""

from __future__ import annotations

from pathlib import Path

import pytest
from gateway.matcher.models.contract import ModelRefused
from gateway.matcher.models.registry import Registry
from gateway.matcher.pictures.decode import Bounds
from gateway.matcher.pictures.rules import FaceRules

from gateway.config import load
from gateway.matcher_parts import bounds, face_rules, matcher, pool, registry
from gateway.settings import Settings


def settings(**values: object) -> Settings:
    """Settings as the environment gives them."""
    environ = {f"GATEPOST_MATCHER__{key.upper()}": str(value) for key, value in values.items()}
    return load(None, {**environ, "GATEPOST_GATEWAY__DATA_DIR": "/srv/gatepost"})


def test_nothing_is_matched_unless_somebody_says_so() -> None:
    assert settings().matcher.enabled is False


def test_the_defaults_are_those_of_the_parts() -> None:
    assert registry(settings()) == Registry(folder=Path("/srv/gatepost/models"))
    assert bounds(settings()) == Bounds()
    assert face_rules(settings()) == FaceRules()


def test_each_setting_reaches_its_part() -> None:
    named = registry(settings(models="/m", files="/f"))
    assert (named.folder, named.files) == (Path("/m"), Path("/f"))
    assert bounds(settings(picture_bytes=20_000, picture_pixels=400_000)) == Bounds(
        most_bytes=20_000, most_pixels=400_000
    )
    limits = {"size_tolerance": 0.2, "distortion": 0.3, "light_evenness": 0.4, "light_clipped": 0.5}
    assert face_rules(settings(**limits)) == FaceRules(
        size_tolerance=0.2, most_distortion=0.3, least_evenness=0.4, most_clipped=0.5
    )
    made = pool(settings(threads=3))
    made.close()
    assert made.size == 3


def test_it_starts_with_converted_networks_only(tmp_path: Path) -> None:
    named = settings(models=tmp_path / "models")
    threads = pool(named)
    try:
        with pytest.raises(ModelRefused) as caught:
            matcher(named, threads)
        assert caught.value.code == "model.missing"
        list(registry(named).prepare())
        assert matcher(named, threads).face_algorithm == 0x0101
    finally:
        threads.close()
