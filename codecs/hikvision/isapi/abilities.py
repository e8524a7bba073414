"""Capability documents: what a terminal says that can be set, and to what.

XML says it by attributes (``opt``, ``min``, ``max``), JSON by members ``@opt``, ``@min``, ``@max``
(certain). What a terminal does not list is not asked of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.codecs.errand import Answer
from gateway.codecs.hikvision.documents import is_xml, parse_xml, read_document
from gateway.codecs.hikvision.isapi.talk import refuse
from gateway.codecs.hikvision.refused import Refused
from gateway.codecs.hikvision.values import number


@dataclass(frozen=True, slots=True, kw_only=True)
class Ability:
    """What one member may be, and its own members."""

    options: tuple[str, ...] = ()
    """Empty where any value may do."""
    least: int | None = None
    most: int | None = None
    inner: Mapping[str, Ability] = field(default_factory=dict)

    def takes(self, value: str) -> bool:
        """Whether it may be set to that word."""
        return not self.options or value in self.options

    def takes_number(self, value: int) -> bool:
        """Whether it may be set to that number."""
        low = self.least is None or self.least <= value
        return low and (self.most is None or value <= self.most)


def read_abilities(answer: Answer, root: str = "") -> Mapping[str, Ability]:
    """Return the abilities by name, below ``root`` where the document is JSON; raises Ended."""
    try:
        if is_xml(answer.body):
            return _of_element(parse_xml(answer.body)).inner
        values = read_document(answer.body, answer.content_type)
    except Refused as refused:
        raise refuse("unreadable", f"capabilities: {refused.code}") from None
    return _of_values(values.get(root, values)).inner


def _of_element(element: Any) -> Ability:
    said = {name.rpartition("}")[2]: value for name, value in element.attrib.items()}
    return Ability(
        options=tuple(one.strip() for one in said.get("opt", "").split(",") if one.strip()),
        least=number(said.get("min")),
        most=number(said.get("max")),
        inner={child.tag.rpartition("}")[2]: _of_element(child) for child in element},
    )


def _of_values(value: Any) -> Ability:
    if not isinstance(value, dict):
        return Ability()
    options = value.get("@opt", ())
    if isinstance(options, str):
        options = options.split(",")
    return Ability(
        options=tuple(_word(one) for one in options) if isinstance(options, list | tuple) else (),
        least=number(value.get("@min")),
        most=number(value.get("@max")),
        inner={name: _of_values(one) for name, one in value.items() if not name.startswith("@")},
    )


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value).strip()
