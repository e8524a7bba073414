"""Searching irises: a probe is prepared once, compared with every code of its eye, combined."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from gateway.matcher.galleries.options import GalleryOptions
from gateway.matcher.galleries.rows import View
from gateway.matcher.iris.distance import Probe, probe
from gateway.matcher.iris.eyes import Eyeful, best_two, per_reference
from gateway.matcher.iris.layout import fitting
from gateway.matcher.iris.scores import Comparison, compare
from gateway.matcher.protection.transform import Transform, unpacked

from gateway.domain.matching import Candidate, Reference, TemplateRefused
from gateway.domain.templates import Eye, IrisTemplate


class Asked(NamedTuple):
    """One eye of a probe, turned, then shuffled."""

    eye: Eye
    bits: int
    copies: Probe


def prepared(template: IrisTemplate, transform: Transform, options: GalleryOptions) -> Asked:
    """Turn and shuffle a probe; raises TemplateRefused.

    Turned first: after the shuffle there are no columns any more.
    """
    rules = options.iris
    layout = options.layouts.get(template.algorithm)
    layout = fitting(layout, template.bits, rules.rotations)
    code, mask = unpacked(template)
    if int(mask.sum()) < rules.floor(template.bits):
        raise _too_masked()
    turned = layout.turned(code, rules.rotations), layout.turned(mask, rules.rotations)
    copies = probe(*transform.iris(template.algorithm, *turned))
    return Asked(template.eye, template.bits, copies)


def search(
    asked: Sequence[Asked],
    views: Mapping[Eye, tuple[int, View]],
    among: frozenset[Reference] | None,
    options: GalleryOptions,
) -> tuple[Candidate, ...]:
    """Return the best two people; raises TemplateRefused where nobody could be compared."""
    eyes: list[Eyeful] = []
    met = 0
    for one in asked:
        if one.eye not in views:
            continue
        bits, view = views[one.eye]
        if bits != one.bits:
            raise TemplateRefused(
                "template.dimension", f"Iris codes have {bits} bits in this gallery."
            )
        found, alive = _compared(view, one, among, options)
        met += alive
        eyes.append(found)
    if met and not any(len(one.references) for one in eyes):
        raise _too_masked()
    return best_two(eyes, options.iris) if eyes else ()


def _compared(
    view: View, asked: Asked, among: frozenset[Reference] | None, options: GalleryOptions
) -> tuple[Eyeful, int]:
    """Return the best code of each reference, and how many there were to compare with."""
    if among is not None:
        wanted = np.fromiter(among, dtype=np.int64, count=len(among))
        rows = np.flatnonzero(np.isin(view.references, wanted))
        view = View(view.data[rows], view.references[rows], view.struck[rows])
    found = compare(view.data, asked.copies, asked.bits, options.iris)
    alive = ~view.struck
    kept = Comparison(found.distance[alive], found.different[alive], found.compared[alive])
    return per_reference(view.references[alive], kept, asked.bits), int(alive.sum())


def _too_masked() -> TemplateRefused:
    return TemplateRefused(
        "template.too_masked", "Too few bits of the iris code can be used to say anything."
    )
