"""Write ``docs/vendors/reference.md`` from the docstrings of what a codec may use.

A test fails when the page and the source disagree; run ``python -m tools.vendor_reference`` then.
Reads source text, so that the page shows what stands there and nothing has to be imported.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "vendors" / "reference.md"

MODULES = {
    "gateway.codecs.api": "codecs/api.py",
    "gateway.codecs.errand": "codecs/errand.py",
    "gateway.codecs.conversation": "codecs/conversation.py",
    "gateway.codecs.shapes": "codecs/shapes.py",
    "gateway.codecs.marked": "codecs/marked.py",
    "gateway.codecs.reader": "codecs/reader.py",
    "gateway.codecs.checksum": "codecs/checksum.py",
    "gateway.codecs.values": "codecs/values.py",
    "gateway.codecs.tlv": "codecs/tlv.py",
    "gateway.codecs.jpeg": "codecs/jpeg.py",
    "gateway.codecs.quirks": "codecs/quirks.py",
    "gateway.codecs.double": "codecs/double.py",
    "gateway.codecs.kit.hooks": "codecs/kit/hooks.py",
    "gateway.domain.events": "gateway/domain/events.py",
    "gateway.domain.requests": "gateway/domain/requests.py",
    "gateway.domain.verification": "gateway/domain/verification.py",
    "gateway.domain.commands": "gateway/domain/commands.py",
    "gateway.domain.people": "gateway/domain/people.py",
    "gateway.domain.objects": "gateway/domain/objects.py",
    "gateway.domain.maintenance": "gateway/domain/maintenance.py",
    "gateway.domain.templates": "gateway/domain/templates.py",
    "gateway.domain.vocabulary": "gateway/domain/vocabulary.py",
    "gateway.domain.times": "gateway/domain/times.py",
}
"""What a codec may import, in the order in which a newcomer meets it."""

HEAD = """\
# Reference for codecs

<!-- Written by `python -m tools.vendor_reference` from the docstrings; do not edit. -->

Everything a codec may import of the gateway. Names that begin with an underscore are no part of it.
A dialect says by `api` for which version of this page it was written.
"""


def page() -> str:
    """Return the page."""
    parts = [HEAD]
    for name, file in MODULES.items():
        tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
        parts.append(f"\n## {name}\n\n{_first(tree)}\n")
        parts += _members(tree.body, "###")
    return "".join(parts)


def _members(body: list[ast.stmt], level: str) -> Iterator[str]:
    for at, node in enumerate(body):
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            bases = ", ".join(map(ast.unparse, node.bases))
            title = f"{node.name}({bases})" if bases else node.name
            yield f"\n{level} class `{title}`\n\n{_whole(node)}\n"
            yield from _fields(node.body)
            yield from _members(
                [each for each in node.body if isinstance(each, ast.FunctionDef)], level + "#"
            )
        elif isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            yield f"\n{level} `{_signature(node)}`\n\n{_whole(node)}\n"
        elif level == "###":
            yield from _constant(node, body[at + 1 : at + 2])


def _fields(body: list[ast.stmt]) -> Iterator[str]:
    """Yield a row for each field or member, with the docstring that follows it."""
    rows = []
    for at, node in enumerate(body):
        name, value = _assigned(node)
        if name and not name.startswith("_"):
            kind = ast.unparse(node.annotation) if isinstance(node, ast.AnnAssign) else ""
            default = ast.unparse(value) if value is not None else ""
            text = _text(body[at + 1 : at + 2]) or ""
            cells = [f"`{cell}`" if cell else "" for cell in (name, kind, default)]
            row = " | ".join(cell.replace("|", "\\|") for cell in cells)
            rows.append(f"| {row} | {text} |\n")
    if rows:
        yield "\n| Name | Type | Default or value | Meaning |\n|---|---|---|---|\n" + "".join(rows)


def _constant(node: ast.stmt, after: list[ast.stmt]) -> Iterator[str]:
    name, value = _assigned(node)
    text = _text(after)
    if name and text and not name.startswith("_") and value is not None:
        shown = ast.unparse(value)
        short = f" = {shown}" if len(shown) <= 60 else ""
        yield f"\n### `{name}{short}`\n\n{text}\n"


def _assigned(node: ast.stmt) -> tuple[str, ast.expr | None]:
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return node.target.id, node.value
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        return node.targets[0].id, node.value
    return "", None


def _text(nodes: list[ast.stmt]) -> str | None:
    """Return the docstring of what stands before it, on one line."""
    for node in nodes:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            return " ".join(str(node.value.value).split())
    return None


def _signature(node: ast.FunctionDef) -> str:
    returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    return f"{node.name}({ast.unparse(node.args)}){returns}"


def _whole(node: ast.ClassDef | ast.FunctionDef) -> str:
    return (ast.get_docstring(node) or "").replace("``", "`")


def _first(tree: ast.Module) -> str:
    return (ast.get_docstring(tree) or "").replace("``", "`")


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
