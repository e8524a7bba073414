"""Templates nobody could compare are counted each and told of once for each connection."""

from __future__ import annotations

import pytest

from gateway.domain.decisions import Because
from gateway.domain.templates import FaceTemplate, TemplateFault
from gateway.domain.verification import TemplateRejected
from gateway.services.bad_templates import CODES, fault_of
from tests.support.matchers import face, turned
from tests.support.verifying import LI, VerifyBench, verify_run

EVENT = "verification.template_refused"


def counts(bench: VerifyBench) -> dict[str, int]:
    tally = bench.services.common.tally.templates_refused
    return {reason: count for reason, count in tally.items() if count}


def test_what_a_codec_refuses_is_counted_and_told_once_for_each_connection() -> None:
    async def body(bench: VerifyBench) -> None:
        bench.put(LI, turned(0))
        session = await bench.login()
        desk = bench.services.desk
        for fault in (TemplateFault.ZERO, TemplateFault.ZERO, TemplateFault.PICTURE):
            desk.template_rejected(session, TemplateRejected(fault=fault))
        assert counts(bench) == {"zero": 2, "picture": 1}
        told = [(line["device"], line["reason"]) for line in bench.log.named(EVENT)]
        assert told == [(1, "zero"), (1, "picture")]
        again = await bench.login()
        desk.template_rejected(session, TemplateRejected(fault=TemplateFault.ZERO))
        assert len(bench.log.named(EVENT)) == 2, "a session that is over is only counted"
        desk.template_rejected(again, TemplateRejected(fault=TemplateFault.ZERO))
        assert len(bench.log.named(EVENT)) == 3
        assert counts(bench) == {"zero": 4, "picture": 1}

    verify_run(body)


@pytest.mark.parametrize(
    ("probe", "reason"), [(face(1, 0, algorithm=9), "no_threshold"), (turned(0), None)]
)
def test_what_the_matcher_cannot_compare_is_counted_with_its_algorithm(
    probe: FaceTemplate, reason: str | None
) -> None:
    async def body(bench: VerifyBench) -> None:
        bench.put(LI, turned(0))
        session = await bench.login()
        because = await bench.because(session, faces=(probe,))
        if reason is None:
            assert because is Because.RECOGNISED
            assert counts(bench) == {}
            return
        assert because is Because.TEMPLATE_REFUSED
        assert counts(bench) == {reason: 1}
        (line,) = bench.log.named(EVENT)
        assert (line["reason"], line["algorithm"]) == (reason, 9)

    verify_run(body)


def test_every_code_of_the_matcher_has_its_reason() -> None:
    assert fault_of("template.dimension") is TemplateFault.DIMENSION
    assert fault_of("template.mixed") is TemplateFault.TWICE
    assert fault_of("template.new_one") is TemplateFault.OTHER
    assert set(CODES.values()) == set(TemplateFault)
