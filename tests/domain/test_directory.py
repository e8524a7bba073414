from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.domain.directory import DeviceState, Directory, Listing, Mounting
from gateway.domain.errors import GatepostError
from gateway.domain.ids import ChannelId, DeviceId, MountingId, Serial
from gateway.domain.requests import Refusal
from gateway.domain.vocabulary import Direction
from tests.support.reports import device, directory

SERIAL = Serial("YLS-00000001")


def with_listing(listing: Listing, *, of: str) -> Directory:
    known = directory()
    if of == "supplier":
        return replace(
            known, suppliers={k: replace(v, listing=listing) for k, v in known.suppliers.items()}
        )
    return replace(known, models={k: replace(v, listing=listing) for k, v in known.models.items()})


def test_a_listed_device_is_admitted() -> None:
    known = directory()
    assert known.admission(SERIAL, "FACE-IRIS-A") is known.devices[SERIAL]


@pytest.mark.parametrize("of", ["supplier", "model"])
def test_delisting_refuses_and_grace_admits(of: str) -> None:
    assert with_listing(Listing.DELISTED, of=of).admission(SERIAL, "") is Refusal.NOT_LISTED
    assert with_listing(Listing.GRACE, of=of).admission(SERIAL, "") == device()


@pytest.mark.parametrize("of", ["suppliers", "models"])
def test_a_device_of_an_unlisted_supplier_or_model_is_refused(of: str) -> None:
    known = replace(directory(), **{of: {}})
    assert known.admission(SERIAL, "") is Refusal.NOT_LISTED


def test_an_unknown_serial_and_another_model_are_refused() -> None:
    assert directory().admission(Serial("YLS-99999999"), "") is Refusal.NOT_LISTED
    assert directory().admission(SERIAL, "FACE-X") is Refusal.NOT_LISTED


@pytest.mark.parametrize("state", [DeviceState.BLOCKED, DeviceState.REMOVED])
def test_a_blocked_or_removed_device_is_revoked(state: DeviceState) -> None:
    assert directory(device(state=state)).admission(SERIAL, "") is Refusal.REVOKED


def test_a_placement_follows_the_mounting_in_force_at_the_event() -> None:
    known = directory()
    moved = replace(
        known,
        mountings={
            DeviceId(1): (
                Mounting(
                    id=MountingId(5),
                    device=DeviceId(1),
                    channel=ChannelId(1),
                    direction=Direction.IN,
                    valid_from_ms=1_000,
                    valid_to_ms=2_000,
                ),
            )
        },
    )
    terminal = known.devices[SERIAL]
    assert moved.placement(terminal, 999).mounting is None
    assert moved.placement(terminal, 1_000).mounting == 5
    assert moved.placement(terminal, 1_999).direction is Direction.IN
    assert moved.placement(terminal, 2_000).channel is None


def test_only_an_accepted_device_counts_and_grace_is_marked() -> None:
    known = with_listing(Listing.GRACE, of="model")
    on_trial = replace(device(), state=DeviceState.TEST_RUN)
    place = known.placement(on_trial, 0)
    assert (place.accepted, place.supplier_in_grace) == (False, True)


def test_who_asks_for_a_serial_number_nobody_registered_is_told_what_to_do() -> None:
    known = directory()
    (serial,) = known.devices
    assert known.registered(serial) == known.devices[serial]
    with pytest.raises(GatepostError, match=r"device\.unknown.*device list"):
        known.registered("YLS-1")
