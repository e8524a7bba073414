"""Templates nobody could compare: counted by reason, and told of once for each connection."""

from __future__ import annotations

from gateway.domain.ports import SessionHandle
from gateway.domain.templates import TemplateFault
from gateway.services.common import Common

CODES = {
    "threshold.missing": TemplateFault.NO_THRESHOLD,
    "template.mixed": TemplateFault.TWICE,
    "template.layout": TemplateFault.FORM,
    **{f"template.{fault.value}": fault for fault in TemplateFault},
}
"""What the matcher's codes mean; one that is not here is `TemplateFault.OTHER`."""


class BadTemplates:
    """A terminal that sends one sends more: the log has each reason once, the metric has all."""

    def __init__(self, common: Common) -> None:
        self._terminals = common.terminals
        self._tally = common.tally
        self._log = common.log

    def refused(
        self, session: SessionHandle, fault: TemplateFault, algorithm: int | None = None
    ) -> None:
        """Count one, and write down the first of its kind of this session."""
        self._tally.templates_refused[fault.value] += 1
        terminal = self._terminals.get(session.device)
        if terminal is None or terminal.session is not session or fault in terminal.faults_told:
            return
        terminal.faults_told |= {fault}
        self._log.warning(
            "verification.template_refused",
            device=session.device,
            reason=fault.value,
            algorithm=algorithm,
        )


def fault_of(code: str) -> TemplateFault:
    """Return which fault a code of the matcher stands for."""
    return CODES.get(code, TemplateFault.OTHER)
