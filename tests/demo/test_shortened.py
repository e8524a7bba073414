from __future__ import annotations

from pathlib import Path

import pytest

from gateway.config import ConfigurationRefused, load
from gateway.demo.shortened import SHORTENED, Shortened


def config(folder: Path, mode: str, one: Shortened) -> Path:
    file = folder / "gatepost.toml"
    file.write_text(f'[gateway]\nmode = "{mode}"\n{one.as_toml()}')
    return file


@pytest.mark.parametrize("one", SHORTENED, ids=str)
def test_production_refuses_what_the_demo_shortens(one: Shortened, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationRefused) as caught:
        load(config(tmp_path, "production", one), {})
    [error] = caught.value.errors
    assert error.code == "config.not_in_production"
    assert error.place.endswith(f"gatepost.toml: {one.section}.{one.key}")


@pytest.mark.parametrize("one", SHORTENED, ids=str)
def test_the_demo_really_shortens_it(one: Shortened, tmp_path: Path) -> None:
    section = getattr(load(config(tmp_path, "demo", one), {}), one.section)
    assert getattr(section, one.key) == one.value
    assert isinstance(one.default, int)
    assert one.value < one.default
