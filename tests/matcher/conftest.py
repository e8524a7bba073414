"""The real networks, converted once for all tests of a run."""

from __future__ import annotations

import pytest
from gateway.matcher.models.registry import Registry
from gateway.matcher.pictures.decode import Bounds
from gateway.matcher.pictures.pipeline import Pipeline, load
from gateway.matcher.pictures.rules import FaceRules


@pytest.fixture(scope="session")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    made = Registry(folder=tmp_path_factory.mktemp("models"))
    list(made.prepare())
    return made


@pytest.fixture(scope="session")
def pipeline(registry: Registry) -> Pipeline:
    return load(registry, rules=FaceRules(), bounds=Bounds())
