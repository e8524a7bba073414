"""Puts every picture through the matcher, and counts those that give no template.

They are the failures to acquire (ISO/IEC 19795-1), a rate of its own: error rates are over the
pictures that were accepted, and say nothing about the others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from gateway.matcher.evaluation.comparisons import Persons, Templates
from gateway.matcher.evaluation.framing import Framing, framed
from gateway.matcher.evaluation.listing import Listed

from gateway.domain.matching import Analysis, PictureRefused
from gateway.domain.quality import QualityPolicy
from gateway.domain.values import value

Analyse = Callable[[bytes], Analysis]
"""The matcher's way of one picture; called from several threads at once."""


@value
class Failure:
    """A picture that gave no template."""

    picture: str
    codes: tuple[str, ...]
    """Of the refusal, or of the rules that were not met and not waived."""


@value
class Acquired:
    """What came of all pictures."""

    templates: tuple[bytes, ...]
    """float32, little-endian, length one."""
    pictures: tuple[Listed, ...]
    """Of which pictures, in the same order."""
    failures: tuple[Failure, ...]
    waived: Mapping[str, int]
    """Rules that were waived, and how many of the accepted pictures do not meet them."""

    @property
    def attempts(self) -> int:
        """All pictures."""
        return len(self.templates) + len(self.failures)

    def arrays(self) -> tuple[Templates, Persons]:
        """Return the templates as rows of length one, and numbers for their persons."""
        rows = np.frombuffer(b"".join(self.templates), dtype="<f4").astype(np.float32)
        rows = rows.reshape(len(self.templates), -1) if self.templates else rows.reshape(0, 0)
        whose = [picture.identity for picture in self.pictures]
        number = {name: at for at, name in enumerate(dict.fromkeys(whose))}
        return rows, np.array([number[name] for name in whose], dtype=np.int32)


def acquire(
    pictures: Sequence[Listed],
    analyse: Analyse,
    policy: QualityPolicy | None,
    *,
    framing: Framing | None = None,
    at_once: int = 2,
) -> Acquired:
    """Analyse all pictures, ``at_once`` at a time; the order of results is theirs.

    Without a policy no rule refuses: a picture fails only where no single face can be embedded.
    """

    def one(picture: Listed) -> Analysis | PictureRefused:
        try:
            return analyse(framed(picture.path.read_bytes(), framing))
        except PictureRefused as refused:
            return refused

    with ThreadPoolExecutor(at_once) as threads:
        results = list(threads.map(one, pictures))
    return _sorted_out(zip(pictures, results, strict=True), policy)


def _sorted_out(
    results: Iterable[tuple[Listed, Analysis | PictureRefused]], policy: QualityPolicy | None
) -> Acquired:
    templates, accepted, failures = [], [], []
    waived: Counter[str] = Counter()
    for picture, result in results:
        if isinstance(result, PictureRefused):
            failures.append(Failure(picture=picture.name, codes=(result.code,)))
        elif policy is not None and (refused := policy.refuses(result.report)):
            failures.append(Failure(picture=picture.name, codes=refused))
        else:
            waived.update(set(result.report.unmet))
            templates.append(result.template.data)
            accepted.append(picture)
    return Acquired(
        templates=tuple(templates),
        pictures=tuple(accepted),
        failures=tuple(failures),
        waived=dict(sorted(waived.items())),
    )
