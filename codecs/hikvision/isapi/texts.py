"""XML as terminals take it: one root, members in order, the namespace of the maker's guide."""

from __future__ import annotations

from xml.sax.saxutils import escape

from gateway.codecs.hikvision.documents import Values

JSON = "application/json"
XML = 'application/xml; charset="UTF-8"'
NAMESPACE = "http://www.isapi.org/ver20/XMLSchema"


def write_xml(root: str, values: Values) -> bytes:
    """Write a document; a list becomes as many members of its name."""
    inner = "".join(_member(name, value) for name, value in values.items())
    return f'<{root} version="2.0" xmlns="{NAMESPACE}">{inner}</{root}>'.encode()


def _member(name: str, value: object) -> str:
    if isinstance(value, list):
        return "".join(_member(name, one) for one in value)
    if isinstance(value, dict):
        inner = "".join(_member(*one) for one in value.items())
    else:
        inner = str(value).lower() if isinstance(value, bool) else escape(str(value))
    return f"<{name}>{inner}</{name}>"
