"""The code that runs and the layouts that are declared are the same thing."""

from __future__ import annotations

from typing import Any

from gateway.codecs.yls import layout
from gateway.codecs.yls.drafts import Draft, fault_draft
from gateway.codecs.yls.frame import HEADER, pack, parse
from gateway.codecs.yls.records import CORE, FAULT
from gateway.codecs.yls.status import STATUS, StatusReport
from hypothesis import given
from hypothesis import strategies as st


def fields(declared: Any) -> tuple[int, ...]:
    return tuple(value for name, value in declared.items() if not name.startswith("_"))


U8, U16, U32 = st.integers(0, 0xFF), st.integers(0, 0xFFFF), st.integers(0, 0xFFFFFFFF)
U64, I16 = st.integers(0, 2**64 - 1), st.integers(-0x8000, 0x7FFF)


@given(U8, U16, U16, U32, U16, st.binary(max_size=300))
def test_header(flags: int, address: int, command: int, seq: int, sid: int, body: bytes) -> None:
    raw = pack(flags, address, command, seq, sid, body)
    declared = layout.HEADER.parse(raw[:HEADER])
    assert (declared.version.major, declared.version.words) == (1, 9)
    assert (declared.flags, declared.address, declared.command) == (flags, address, command)
    assert (declared.seq, declared.sid, declared.length) == (seq, sid, len(body))
    assert layout.HEADER.build(declared) == raw[:HEADER]
    frame = parse(raw)
    assert frame[:6] == (flags, address, command, seq, sid, body)


@given(st.binary(min_size=32, max_size=32))
def test_record_core(core: bytes) -> None:
    declared = layout.REC_CORE.parse(core)
    assert CORE.unpack(core) == fields(declared)
    assert layout.REC_CORE.build(declared) == core


@given(
    st.fixed_dictionaries(
        {
            "person": U32,
            "direction": U8,
            "decision": U8,
            "method": U16,
            "score": U16,
            "liveness": U16,
            "door": U8,
            "rflags": U8,
            "temperature": I16,
        }
    ),
    U64,
    U32,
    U32,
)
def test_a_draft_encodes_as_declared(
    values: dict[str, Any], time: int, epoch: int, number: int
) -> None:
    (element,) = Draft(time_ms=time, **values).encode(epoch, number)
    declared = layout.REC_CORE.build({**values, "time": time, "epoch": epoch, "number": number})
    assert element == b"\x80\x20\x00\x20" + declared


@given(st.binary(min_size=26, max_size=26))
def test_status(value: bytes) -> None:
    declared = layout.STATUS.parse(value)
    assert STATUS.unpack(value) == tuple(
        declared[name] for name in list(declared) if name[0] != "_"
    )
    assert layout.STATUS.build(declared) == value


def test_a_status_report_encodes_as_declared() -> None:
    report = StatusReport(
        uptime_s=1,
        persons=2,
        cpu_permille=3,
        free_ram_kib=4,
        free_store_permille=5,
        temperature_decidegrees=-6,
        time_quality=1,
        power=2,
        faults=0x1FFF,
    )
    declared = layout.STATUS.parse(report.encode(unacknowledged=7)[4:])
    assert (declared.uptime, declared.persons, declared.unacknowledged) == (1, 2, 7)
    assert (declared.cpu, declared.free_ram, declared.free_store) == (3, 4, 5)
    assert (declared.temperature, declared.time_quality) == (-6, 1)
    assert (declared.power, declared.faults) == (2, 0x1FFF)


@given(U16, U8, st.booleans(), U16, U64, st.text(max_size=30))
def test_fault(code: int, severity: int, raised: bool, count: int, time: int, text: str) -> None:
    draft = fault_draft(time, code, severity=severity, raised=raised, count=count, text=text)
    declared = layout.FAULT.parse(draft.fault)
    assert (declared.code, declared.severity, declared.state) == (code, severity, raised)
    assert (declared.count, declared.first, declared.text) == (count, time, text)
    assert FAULT.unpack_from(draft.fault)[:2] == (code, severity)
