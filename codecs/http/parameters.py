"""Header values with parameters, such as ``multipart/form-data; boundary="a;b"``."""

from __future__ import annotations

import re

_PARAMETER = re.compile(r";[ \t]*([!#$%&'*+.^_`|~0-9A-Za-z-]+)=(\"(?:[^\"\\]|\\.)*\"|[^;]*)")
_ITEM = re.compile(r"([A-Za-z][A-Za-z0-9-]*)=(\"(?:[^\"\\]|\\.)*\"|[^,\s\"]+)[ \t]*(?:,[ \t]*|\Z)")
_ESCAPED = re.compile(r"\\(.)")


def parameters(value: str) -> tuple[str, dict[str, str]]:
    """Return the value in lower case and its parameters; the first of a name counts.

    Parameters may be quoted or bare, and a semicolon may end the list: the maker's own sample does.
    """
    main, _, _ = value.partition(";")
    found: dict[str, str] = {}
    for name, given in _PARAMETER.findall(value[len(main) :]):
        found.setdefault(name.lower(), _bare(given))
    return main.strip().lower(), found


def items(text: str) -> dict[str, str] | None:
    """Read ``name=value, name="value"`` as Authorization has it; None for anything else."""
    found: dict[str, str] = {}
    at = 0
    while at < len(text):
        item = _ITEM.match(text, at)
        if item is None or item[1].lower() in found:
            return None
        found[item[1].lower()] = _bare(item[2])
        at = item.end()
    return found


def _bare(given: str) -> str:
    given = given.strip()
    return _ESCAPED.sub(r"\1", given[1:-1]) if given[:1] == '"' else given
