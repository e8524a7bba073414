"""Event texts, JSON or XML, into plain values: bounded, and nothing in them is obeyed.

Both forms become the same dictionaries. Of XML only local names count, for units use at least three
namespaces (certain); document types, entities and everything external are refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring
from gateway.codecs.hikvision.limits import MOST_DEPTH, MOST_EVENT
from gateway.codecs.hikvision.refused import Refused

Values = dict[str, Any]

_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_BRACKET = re.compile(r"[][{}]")
_TAG = re.compile(r"<(/?)[^\s<>/!?][^<>]*?(/?)>")
_DECLARATION = re.compile(
    rb"\A(?:\xef\xbb\xbf)?\s*<\?xml\b[^>]*?(?:encoding\s*=\s*[\"']([A-Za-z0-9._-]{1,32})[\"'][^>]*)?\?>"
)
_HEAD = re.compile(r"\A\ufeff?\s*<\?xml\b[^>]*\?>")
_ENCODINGS = {"utf-8": "utf-8-sig", "gb2312": "gb18030", "gbk": "gb18030", "gb18030": "gb18030"}
_LONGEST_NUMBER = 20
"""Digits; serial numbers have ten."""


def read_document(data: bytes, kind: str) -> Values:
    """Read an event's text; ``kind`` is its media type, which the first byte overrules.

    Raises Refused.
    """
    if len(data) > MOST_EVENT:
        raise Refused("event_too_large", f"{len(data)} bytes", 413)
    if is_xml(data):
        return _read_xml(data)
    if data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{":
        return read_json(data)
    raise Refused("no_event", f"neither JSON nor XML in {kind or 'a body without a type'}")


def is_xml(data: bytes) -> bool:
    """Say whether a text is XML rather than JSON, by its first byte."""
    return data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"<"


def looks_like_event(data: bytes, kind: str) -> bool:
    """Say whether a part is an event's text: by its type or its first byte, never by its name."""
    if kind.startswith(("image/", "multipart/")):
        return False
    return data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"<") or kind.endswith(
        ("json", "xml")
    )


def _text(data: bytes, encodings: tuple[str, ...]) -> str:
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Refused("encoding", "the text is in no encoding that is known")


def read_json(data: bytes) -> Values:
    """Read a JSON object of any size; raises Refused."""
    text = _text(data, ("utf-8-sig", "gb18030"))
    _bound(text.count("{") + text.count("["), _brackets(text))
    try:
        value = json.loads(
            text, object_pairs_hook=_once, parse_constant=_no_number, parse_int=_integer
        )
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode()  # finds half a surrogate pair
    except UnicodeEncodeError:
        raise Refused("encoding", "half a surrogate pair") from None
    except ValueError as error:
        raise Refused("json", str(error)) from None
    if not isinstance(value, dict):
        raise Refused("json", "the text is no object")
    return value


def _brackets(text: str) -> Iterator[int]:
    for found in _BRACKET.finditer(_STRING.sub("", text)):
        yield 1 if found[0] in "[{" else -1


def _bound(most: int, steps: Iterator[int]) -> None:
    """Raise Refused for what is nested too deeply; ``most`` openings cannot be deeper than that."""
    depth = 0
    for step in steps if most > MOST_DEPTH else ():
        depth += step
        if depth > MOST_DEPTH:
            raise Refused("depth", f"more than {MOST_DEPTH} levels")


def _once(pairs: list[tuple[str, Any]]) -> Values:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a member comes twice, and nobody can say which one counts")
    return found


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is no number")


def _integer(text: str) -> int:
    if len(text) > _LONGEST_NUMBER:
        raise ValueError(f"a number of {len(text)} digits")
    return int(text)


def _read_xml(data: bytes) -> Values:
    found = _values(parse_xml(data))
    return found if isinstance(found, dict) else {}


def parse_xml(data: bytes) -> Any:
    """Return the root of a text, an `xml.etree.ElementTree.Element`; raises Refused."""
    declared = _DECLARATION.match(data)
    named = (declared[1] or b"utf-8").decode().lower() if declared else "utf-8"
    encoding = _ENCODINGS.get(named)
    if encoding is None:
        raise Refused("encoding", f"{named} is not served")
    # The parser is given text it need not guess about: decoded here, without the declaration.
    text = _HEAD.sub("", _text(data, (encoding, "gb18030")), count=1)
    _bound(text.count("<"), _tags(text))
    try:
        return fromstring(text, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise Refused("xml", str(error)) from None


def _tags(text: str) -> Iterator[int]:
    for found in _TAG.finditer(text):
        yield -1 if found[1] else 0 if found[2] else 1


def _values(element: Any) -> Values | str:
    children = list(element)
    if not children:
        return (element.text or "").strip()
    found: Values = {}
    for child in children:
        name, value = child.tag.rpartition("}")[2], _values(child)
        if name in found:
            known = found[name]
            found[name] = [*known, value] if isinstance(known, list) else [known, value]
        else:
            found[name] = value
    return found
