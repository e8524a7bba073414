"""The collector is told to search less often, and not to look at what stays."""

from __future__ import annotations

import gc
import subprocess
import sys


def test_what_exists_at_the_start_is_never_searched_again() -> None:
    before = gc.get_freeze_count()  # Python 3.12 freezes some objects of its own
    script = (
        "import gc; from gateway.garbage import settle_down, YOUNG, MIDDLE, OLD;"
        "before = gc.get_freeze_count(); settle_down();"
        "assert gc.get_threshold() == (YOUNG, MIDDLE, OLD);"
        "assert gc.get_freeze_count() > before + 1000; assert gc.isenabled()"
    )
    # In a process of its own: freezing is not undone, and other tests rely on the collector.
    subprocess.run([sys.executable, "-c", script], check=True)
    assert gc.get_freeze_count() == before
