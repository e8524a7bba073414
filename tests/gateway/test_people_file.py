"""A folder of people as somebody made it in a spreadsheet: what is wrong has a place."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from gateway.domain.errors import GatepostError
from gateway.people_file import PHOTO_BYTES, Row, arguments, consent, read_photo, read_rows
from gateway.people_input import day_ms
from tests.support.people import id_number

NUMBER = id_number(1)
ROW = {"id_number": NUMBER, "name": "样本甲", "project": "P1"}


def write(folder: Path, text: str, name: str = "people.csv", encoding: str = "utf-8") -> Path:
    (folder / name).write_bytes(text.encode(encoding))
    return folder


def rows(folder: Path) -> list[tuple[str, Mapping[str, str]]]:
    return [(row.place, row.values) for row in read_rows(folder)]


def refusal(folder: Path) -> GatepostError:
    with pytest.raises(GatepostError) as caught:
        list(read_rows(folder))
    assert caught.value.code == "people.refused"
    assert caught.value.remedy
    return caught.value


def given(values: Mapping[str, str], folder: Path, **defaults: str) -> dict[str, Any]:
    return arguments(Row(place="line 2", values=values), folder, defaults)


def code(values: Mapping[str, str], folder: Path) -> tuple[str, str]:
    with pytest.raises(GatepostError) as caught:
        given(values, folder)
    assert caught.value.remedy
    assert NUMBER not in str(caught.value)
    return caught.value.code, caught.value.place


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("head", ["id_number,name,project", "证件号码,姓名, 项目 "])
def test_csv_in_both_languages(tmp_path: Path, mark: str, head: str) -> None:
    text = f"{mark}{head}\r\n{NUMBER},样本甲,P1\r\n,,\r\n{NUMBER}, 样本乙 \r\n"
    assert rows(write(tmp_path, text)) == [
        ("line 2", ROW),
        ("line 4", {"id_number": NUMBER, "name": "样本乙"}),
    ]


def test_toml(tmp_path: Path) -> None:
    first = f'[[people]]\nid_number = "{NUMBER}"\nname = "A"\nfrom = 2026-12-01\n'
    text = first + '[[people]]\n"姓名" = "B"\n'
    assert rows(write(tmp_path, text, "people.toml")) == [
        ("entry 1", {"id_number": NUMBER, "name": "A", "from": "2026-12-01"}),
        ("entry 2", {"name": "B"}),
    ]


def test_a_file_that_cannot_be_read_is_refused_whole(tmp_path: Path) -> None:
    assert "neither is there" in refusal(tmp_path).message
    write(tmp_path, "id_number,name\n")
    write(tmp_path, "", "people.toml")
    assert "both are there" in refusal(tmp_path).message
    (tmp_path / "people.csv").unlink()
    assert "a list of people" in refusal(tmp_path).message
    write(tmp_path, "[[people]\n", "people.toml")
    assert "line 1" in refusal(tmp_path).message


@pytest.mark.parametrize(
    ("text", "encoding", "says"),
    [
        ("证件号码,姓名\n", "gbk", "it may be GBK"),
        ("name,project\n", "utf-8", 'the column "id_number" (证件号码) is missing'),
        ("id_number,nmae\n", "utf-8", 'nobody knows the column "nmae"'),
        ('id_number,name\n"1,2\n', "utf-8", "unexpected end of data"),
        (f"{NUMBER},样本甲\n", "utf-8", "the first line names no column"),
        (f"id_number,{NUMBER}\n", "utf-8", 'the column "[identity number]"'),
    ],
)
def test_a_table_that_is_wrong_as_a_whole(
    tmp_path: Path, text: str, encoding: str, says: str
) -> None:
    error = refusal(write(tmp_path, text, encoding=encoding))
    assert says in error.message
    assert NUMBER not in str(error)
    assert "样本" not in str(error)


def test_a_misspelt_column_is_told_the_right_one(tmp_path: Path) -> None:
    assert "Did you mean name?" in refusal(write(tmp_path, "id_number,nmae\n")).remedy


def test_a_row_becomes_what_is_asked_of_the_gateway(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"face")
    (tmp_path / "c.jpg").write_bytes(b"card")
    (tmp_path / "text-3.txt").write_bytes(b"text")
    row = {
        **ROW,
        "from": "2026-12-01",
        "to": "2026-12-31",
        "photo": "a.jpg",
        "card_photo": "c.jpg",
        "consent": "bio_network; face_local",
        "consent_text": "text-3.txt",
        "how": "signature",
        "taken_by": "clerk",
    }
    assert given(row, tmp_path) == {
        **ROW,
        "id_type": "01",
        "from_ms": day_ms("2026-12-01", place=""),
        "to_ms": day_ms("2027-01-01", place=""),
        "photo": b64encode(b"face").decode(),
        "card_photo": b64encode(b"card").decode(),
        "consents": [
            consent(subject, tmp_path / "text-3.txt", "signature", "clerk")
            for subject in ("bio_network", "face_local")
        ],
    }
    assert given({**ROW, "id_type": "8"}, tmp_path)["id_type"] == "08"
    del row["project"]
    assert given(row, tmp_path, project="P2")["project"] == "P2"


def test_a_row_that_is_wrong_says_where(tmp_path: Path) -> None:
    (tmp_path.parent / "outside.jpg").write_bytes(b"face")
    (tmp_path / "huge.jpg").write_bytes(bytes(PHOTO_BYTES + 1))
    (tmp_path / "text.txt").write_bytes(b"text")
    agreed = {"consent": "bio_network", "consent_text": "text.txt", "how": "x", "taken_by": "y"}
    for wrong, expected in (
        ({"project": None}, ("person.missing", "project")),
        ({"name": None}, ("person.missing", "name")),
        ({"from": "soon"}, ("person.date", "from")),
        ({"to": "soon"}, ("person.date", "to")),
        ({"photo": f"{NUMBER}.jpg"}, ("person.file", "photo")),
        ({"photo": "../outside.jpg"}, ("person.file", "photo")),
        ({"photo": "huge.jpg"}, ("person.file", "photo")),
        ({"card_photo": "none.jpg"}, ("person.file", "card_photo")),
        ({**agreed, "consent": "everything"}, ("person.consent", "consent")),
        ({**agreed, "how": None}, ("person.consent", "consent")),
        ({**agreed, "consent_text": "../outside.jpg"}, ("person.file", "consent_text")),
    ):
        row = {name: value for name, value in {**ROW, **wrong}.items() if value is not None}
        assert code(row, tmp_path) == expected, wrong


def test_a_cell_too_many_is_not_guessed_at(tmp_path: Path) -> None:
    (row,) = read_rows(write(tmp_path, f"id_number,name\n{NUMBER},样本,甲\n"))
    with pytest.raises(GatepostError, match=r"person\.cells"):
        arguments(row, tmp_path, {"project": "P1"})


def test_a_photo_of_the_largest_size_is_read(tmp_path: Path) -> None:
    (tmp_path / "large.jpg").write_bytes(bytes(PHOTO_BYTES))
    assert len(read_photo(tmp_path / "large.jpg", "photo")) == PHOTO_BYTES


def test_a_row_says_what_the_card_says_and_names_more_pictures(tmp_path: Path) -> None:
    (tmp_path / "ir.png").write_bytes(b"IR")
    (tmp_path / "left.bmp").write_bytes(b"BM")
    write(
        tmp_path,
        "证件号码,姓名,民族,住址,有效期止,红外照片,左眼虹膜\n"
        f"{id_number(1)},样本甲,汉,样市,长期,ir.png,left.bmp\n",
    )
    ((_, values),) = rows(tmp_path)
    found = given(values, tmp_path, project="P1")
    assert found["card"] == {"nation": "汉", "address": "样市", "valid_to": "长期"}
    assert (found["infrared"], found["iris_left"]) == (
        b64encode(b"IR").decode(),
        b64encode(b"BM").decode(),
    )
