"""The reactor is chosen once per process, so each test takes a process of its own."""

from __future__ import annotations

import subprocess
import sys

import pytest

BEGIN = "from gateway.protocols.reactor import install_reactor\n"

INSTALLS = """
loop = install_reactor()
assert install_reactor() is loop
from twisted.internet import reactor
import asyncio, uvloop
assert isinstance(loop, uvloop.Loop) and reactor._asyncioEventloop is loop
seen = []
async def main():
    seen.append(asyncio.get_running_loop() is loop)
    reactor.callLater(0, reactor.stop)
reactor.callWhenRunning(lambda: loop.create_task(main()))
reactor.run()
print(seen)
"""

WITHOUT_UVLOOP = """
import sys
sys.modules["uvloop"] = None
loop = install_reactor()
print(type(loop).__module__)
"""

TOO_LATE = """
from twisted.internet import selectreactor
selectreactor.install()
from gateway.domain.errors import GatepostError
try:
    install_reactor()
except GatepostError as error:
    print(error)
"""

UNTOUCHED = """
import sys
import gateway.protocols.listener, gateway.protocols.tls, gateway.protocols.transport
print("twisted.internet.reactor" in sys.modules)
"""


@pytest.mark.parametrize(
    ("program", "says"),
    [
        (INSTALLS, "[True]"),
        (WITHOUT_UVLOOP, "asyncio.unix_events"),
        (TOO_LATE, "[reactor.other] at twisted.internet.reactor: the process already runs on "),
        (UNTOUCHED, "False"),
    ],
    ids=["uvloop", "asyncio", "another-reactor", "no-reactor-by-accident"],
)
def test_the_reactor_is_the_asyncio_one(program: str, says: str) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", BEGIN + program],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stderr == ""
    assert done.stdout.startswith(says)
