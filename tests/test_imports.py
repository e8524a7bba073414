"""The table of who may import whom, as import-linter is told it."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from tools.imports import contracts

TABLE = """
[tool.gatepost.imports."gateway.domain"]
gateway = []
libraries = []
never = ["time"]
[tool.gatepost.imports."gateway.shells"]
gateway = ["gateway.domain", "gateway.codecs.api"]
libraries = ["twisted"]
"""
MODULES = {
    "gateway/__init__.py": "",
    "gateway/app.py": "import numpy, os",
    "gateway/domain/__init__.py": "",
    "gateway/domain/ids.py": "",
    "gateway/codecs/__init__.py": "",
    "gateway/codecs/api.py": "from twisted.internet import defer",
    "gateway/codecs/yls.py": "",
    "gateway/shells/__init__.py": "import gateway.domain.ids",
}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name, text in MODULES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "pyproject.toml").write_text(TABLE)
    return tmp_path


def forbidden(tree: Path) -> dict[str, tuple[set[str], bool]]:
    found = tomllib.loads(contracts(tree / "pyproject.toml", tree))["tool"]["importlinter"]
    return {
        rule["source_modules"][0]: (set(rule["forbidden_modules"]), rule["allow_indirect_imports"])
        for rule in found["contracts"]
    }


def test_what_the_table_does_not_allow_is_forbidden(tree: Path) -> None:
    rules = forbidden(tree)
    domain = {"gateway.app", "gateway.codecs", "gateway.codecs.api", "gateway.codecs.yls"}
    shells = {"gateway.shells"}
    assert rules["gateway.domain"] == (domain | shells | {"numpy", "twisted", "time"}, False)
    assert rules["gateway.shells"] == ({"gateway.app", "gateway.codecs.yls", "numpy"}, True)


def test_a_new_library_is_forbidden_until_it_is_allowed(tree: Path) -> None:
    (tree / "gateway/codecs/yls.py").write_text("import surprise.part")
    assert all("surprise" in rule for rule, _ in forbidden(tree).values())


def test_a_name_that_stands_for_nothing_is_refused(tree: Path) -> None:
    (tree / "pyproject.toml").write_text(TABLE.replace("codecs.api", "codecs.apy"))
    with pytest.raises(ValueError, match=r"codecs\.apy"):
        contracts(tree / "pyproject.toml", tree)
