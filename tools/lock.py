"""Resolve requirements.lock and requirements-dev.lock from the ranges in pyproject.toml.

Run through `make lock`. uv resolves once for every supported Python; it is taken into a throw-away
environment because nothing else of Gatepost needs it. The files carry hashes and no address.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COMMON = (
    "--universal",
    "--python-version",
    "3.11",
    "--generate-hashes",
    "--no-emit-index-url",
    "--no-emit-find-links",
    "--no-annotate",
    "--no-header",
    "--quiet",
)


def main() -> None:
    """Write both lock files, the development one constrained to the versions of the other."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        pip = Path(folder, "bin", "pip")
        uv = Path(folder, "bin", "uv")
        subprocess.run([pip, "install", "--quiet", "uv"], check=True)
        # The editable install builds without isolation, so the build backend is locked as well.
        build = Path(folder, "build.in")
        build.write_text("setuptools>=80\nwheel>=0.45\n")
        compile_: list[str | Path] = [uv, "pip", "compile", *COMMON]
        subprocess.run(
            [*compile_, "pyproject.toml", build, "-o", "requirements.lock"], cwd=ROOT, check=True
        )
        subprocess.run(
            [*compile_, "--group", "dev", "-c", "requirements.lock", "-o", "requirements-dev.lock"],
            cwd=ROOT,
            check=True,
        )


if __name__ == "__main__":
    main()
