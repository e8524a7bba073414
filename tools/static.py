"""Run mypy and import-linter over a tree in which every module lies where it is imported from.

The top-level folder `codecs/` would shadow the standard library's stubs, and neither tool follows
setuptools' package mapping, so both look at `build/tree`, a folder of links made here.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

from tools.imports import contracts

ROOT = Path(__file__).resolve().parent.parent
TREE = ROOT / "build" / "tree"


def link(where: Path, target: Path) -> None:
    """Point ``where`` at ``target``, replacing what an earlier run left."""
    if where.is_symlink():
        where.unlink()
    where.symlink_to(target)


def plant() -> None:
    """Lay the links: gateway's own entries, the folders mounted under it, tests and benchmarks."""
    package = TREE / "gateway"
    package.mkdir(parents=True, exist_ok=True)
    for stale in [*package.iterdir(), *(p for p in TREE.iterdir() if p.is_symlink())]:
        stale.unlink()
    for entry in (ROOT / "gateway").iterdir():
        if entry.name != "__pycache__":
            link(package / entry.name, entry)
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    for name, folder in settings["tool"]["setuptools"]["package-dir"].items():
        if name != "gateway":
            link(package / name.removeprefix("gateway."), ROOT / folder)
    for folder in ("tests", "benchmarks", "tools"):
        link(TREE / folder, ROOT / folder)


def main() -> int:
    """Return the worst exit status of the two tools."""
    plant()
    config = str(ROOT / "pyproject.toml")
    bin_ = Path(sys.executable).parent
    packages = [f"-p{p}" for p in ("gateway", "tests", "benchmarks", "tools")]
    cache = str(ROOT / ".mypy_cache")
    mypy = subprocess.run(
        [bin_ / "mypy", "--config-file", config, "--cache-dir", cache, *packages],
        check=False,
        cwd=TREE,
    )
    rules = ROOT / "build" / "importlinter.toml"
    rules.write_text(contracts(ROOT / "pyproject.toml", TREE))
    imports = subprocess.run(
        [
            bin_ / "lint-imports",
            "--config",
            rules,
            "--cache-dir",
            str(ROOT / ".import_linter_cache"),
        ],
        check=False,
        cwd=TREE,
        env={**os.environ, "PYTHONPATH": str(TREE)},
    )
    return mypy.returncode or imports.returncode


if __name__ == "__main__":
    sys.exit(main())
