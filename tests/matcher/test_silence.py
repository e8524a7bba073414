"""The runtime of the networks calls nobody and leaves nothing behind."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

TREE = Path(__file__).resolve().parents[2]
RUN = """
from gateway.matcher.models.registry import Registry
from gateway.matcher.pictures.decode import Bounds
from gateway.matcher.pictures.pipeline import load
from gateway.matcher.pictures.rules import FaceRules
from pathlib import Path
import sys
registry = Registry(folder=Path(sys.argv[1]))
list(registry.prepare())
load(registry, rules=FaceRules(), bounds=Bounds()).warm()
"""


def test_running_networks_leaves_no_trace_of_a_report(tmp_path: Path) -> None:
    home, temporary = tmp_path / "home", tmp_path / "tmp"
    home.mkdir()
    temporary.mkdir()
    environ = {name: value for name, value in os.environ.items() if not name.startswith("XDG_")}
    environ.pop("ORT_DISABLE_TELEMETRY", None)
    environ |= {"HOME": str(home), "TMPDIR": str(temporary)}
    ran = subprocess.run(
        [sys.executable, "-c", RUN, str(tmp_path / "models")],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert [path.name for path in (*home.rglob("*"), *temporary.rglob("*"))] == []


def test_nobody_imports_the_runtime_past_the_package_that_silences_it() -> None:
    importers = [
        path.relative_to(TREE)
        for folder in ("gateway", "matcher", "storage", "monitoring", "protocols", "benchmarks")
        for path in (TREE / folder).rglob("*.py")
        if "onnxruntime" in _imported(path)
    ]
    assert importers
    assert {path.parts[0] for path in importers} == {"matcher"}


def _imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found
