"""The digest of a gallery: a sum over what is in it."""

from __future__ import annotations

from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.digests import GalleryDigest
from gateway.domain.matching import ProtectedTemplate, Reference, Trait

Entry = tuple[Reference, ProtectedTemplate]
ENTRIES = st.builds(
    lambda reference, trait, algorithm, data: (
        Reference(reference),
        ProtectedTemplate(trait=trait, algorithm=algorithm, data=data),
    ),
    st.integers(0, 2**63 - 1),
    st.sampled_from(Trait),
    st.integers(0, 65_535),
    st.binary(max_size=8),
)


def digest(entries: list[Entry]) -> bytes:
    found = GalleryDigest()
    for entry in entries:
        found.add(*entry)
    return found.value


def test_nothing_is_zero() -> None:
    assert digest([]) == bytes(32)


def test_one_template_is_its_hash() -> None:
    """So that a store written in another language can compute it."""
    template = ProtectedTemplate(trait=Trait.IRIS, algorithm=0x0102, data=b"data")
    head = (5).to_bytes(8, "big") + b"\x01\x02" + b"\x02"
    assert digest([(Reference(5), template)]) == sha256(head + b"data").digest()


@given(entries=st.lists(ENTRIES, max_size=8, unique=True), data=st.data())
def test_order_does_not_matter_and_removing_undoes(
    entries: list[Entry], data: st.DataObject
) -> None:
    assert digest(entries) == digest(data.draw(st.permutations(entries)))
    found = GalleryDigest()
    for entry in entries:
        found.add(*entry)
    for entry in entries[1:]:
        found.remove(*entry)
    assert found.value == digest(entries[:1])


@given(one=ENTRIES, other=ENTRIES)
def test_different_templates_differ(one: Entry, other: Entry) -> None:
    assert (digest([one]) == digest([other])) == (one == other)
