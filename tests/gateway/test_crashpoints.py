from __future__ import annotations

import signal
import subprocess
import sys

from gateway.crashpoints import VARIABLE, from_environment
from gateway.domain.ports import no_probe

CODE = """
from gateway.crashpoints import from_environment
probe = from_environment()
for step in range(1, 10):
    probe("store.after_commit"); probe("store.before_commit"); print(step, flush=True)
"""


def test_without_the_variable_the_probe_does_nothing() -> None:
    assert from_environment({}) is no_probe


def test_the_process_dies_at_the_named_point_the_given_time() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", CODE],
        env={VARIABLE: "store.before_commit:3"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == -signal.SIGKILL
    assert ran.stdout.split() == ["1", "2"]
