"""Make import-linter's contracts of the table ``tool.gatepost.imports`` in pyproject.toml.

The table says what a package may import; import-linter wants to be told what it may not. What that
is, is found by looking at the tree: every other part of the gateway and every library that any
part imports, so that a new module or library is forbidden to all until the table allows it.
"""

from __future__ import annotations

import ast
import json
import os
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import TypedDict


class Allowed(TypedDict, total=False):
    """One entry of the table."""

    gateway: list[str]
    libraries: list[str]
    never: list[str]


def contracts(pyproject: Path, tree: Path) -> str:
    """Return the configuration of import-linter for the packages below ``tree``.

    Raises ValueError for a name in the table that stands for nothing.
    """
    table = tomllib.loads(pyproject.read_text())["tool"]["gatepost"]["imports"]
    inside = list(_modules(tree / "gateway", "gateway"))
    named = {one for package, allowed in table.items() for one in (package, *allowed["gateway"])}
    if strangers := named.difference(inside):
        raise ValueError(f"pyproject.toml: tool.gatepost.imports names no module: {strangers}")
    libraries = _libraries(tree / "gateway")
    lines = ["[tool.importlinter]", 'root_package = "gateway"', "include_external_packages = true"]
    for package, allowed in table.items():
        lines += _contract(package, allowed, inside, libraries)
    return "\n".join(lines) + "\n"


def _contract(
    package: str, allowed: Allowed, inside: Iterable[str], libraries: Iterable[str]
) -> list[str]:
    may = [package, *allowed["gateway"]]
    forbidden = sorted(
        {one for one in inside if not any(_holds(one, other) for other in may)}
        | set(libraries).difference(allowed["libraries"])
        | set(allowed.get("never", ()))
    )
    # What contains something allowed is no module of its own to forbid; its other parts are listed.
    forbidden = [one for one in forbidden if not any(_holds(other, one) for other in may)]
    return [
        "[[tool.importlinter.contracts]]",
        f"name = {json.dumps(f'{package} imports what pyproject.toml allows it')}",
        'type = "forbidden"',
        f"source_modules = {json.dumps([package])}",
        f"forbidden_modules = {json.dumps(forbidden)}",
        f"allow_indirect_imports = {json.dumps('never' not in allowed)}",
    ]


def _holds(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


def _modules(folder: Path, name: str) -> Iterable[str]:
    """Yield the parts of the gateway, and the parts of those two levels down."""
    for entry in sorted(folder.iterdir()):
        if entry.suffix == ".py" and entry.stem not in ("__init__", "__main__"):
            yield f"{name}.{entry.stem}"
        elif (entry / "__init__.py").exists():
            yield f"{name}.{entry.name}"
            if name == "gateway":
                yield from _modules(entry, f"{name}.{entry.name}")


def _libraries(folder: Path) -> set[str]:
    """Return the top-level names of everything imported that is not ours or Python's."""
    found: set[str] = set()
    for path in _files(folder):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                found.update(alias.name.partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.partition(".")[0])
    return found - sys.stdlib_module_names - {"gateway", "__future__"}


def _files(folder: Path) -> Iterable[Path]:
    """Yield every module; the tree is made of links, which Path.rglob does not follow."""
    for where, _, names in os.walk(folder, followlinks=True):
        yield from (Path(where, name) for name in names if name.endswith(".py"))
