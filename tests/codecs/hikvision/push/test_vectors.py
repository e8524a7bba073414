"""The worked vectors of PUSH, played on both sides and computed again."""

from __future__ import annotations

from base64 import b64encode

import pytest
from gateway.codecs.api import Context
from gateway.codecs.hikvision.bench import PUSH_LOGIN
from gateway.codecs.hikvision.push import cipher
from gateway.codecs.hikvision.push.payload import unpack
from gateway.codecs.hikvision.push.texts import Item
from gateway.codecs.hikvision.server import HikvisionConversation
from gateway.codecs.http.multipart import split
from gateway.codecs.http.parameters import parameters
from gateway.codecs.replay import replay
from gateway.codecs.transcript import Transcript, read_transcript

from tests.codecs.hikvision.vectors import FOLDER, VECTORS

SALT, CHALLENGE = "f3b1c0a95d7e4826", "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6"
CHALLENGES = (
    "Zz01Yy12Xx23Ww34Vv45Uu56Tt67Ss78",
    "Qq10Rr21Ss32Tt43Uu54Vv65Ww76Xx87",
    "Hh90Gg81Ff72Ee63Dd54Cc45Bb36Aa27",
)
PROOFS = (
    "a93e4357c7aa16fe6f4f553e65754f09aa9666e7ce0e6e143e0ce255ce487c06",
    "14ad21b43a71adbda34fc1b93318b03a8803d374fb5bb9bdf51079445c31e7c5",
    "1825c29953b5ec819130b381e38760b2a1ba57f1d9bb3bb1d3b53f7a655d0b7e",
)
RANDOM, IV = "R7kQ2mZp9sLx4vTb", bytes.fromhex("00112233445566778899aabbccddeeff")
KEY = "5522c6590a030bae673b102952b560dc6d13017a443caa3991835eaf49917730"
SEALED = {
    3: b"Jaw0gVCm8gxX2CN/LVI2bo4I6H0IIBaO4cWpiIHZm14=",
    4: b"XXvaRvZcJa2olzz60DPj9lcls1DC3Ipf79BTGcYzbc8=",
}
EMPTY = b'{"eventNum":0,"eventList":[]}'
H = cipher.hashed(PUSH_LOGIN, SALT)


def script(name: str) -> Transcript:
    return read_transcript((FOLDER / name).read_text(encoding="utf-8"), name)


def streams(name: str, sigil: str) -> bytes:
    lines = [line.what for line in script(name).lines if line.sigil == sigil]
    return b"".join(line for line in lines if isinstance(line, bytes))


def conversation(context: Context) -> HikvisionConversation:
    return HikvisionConversation(context, lambda serial, secret: PUSH_LOGIN)


def test_the_key_schedule_gives_the_worked_values() -> None:
    assert H == "918f24fb4c5f55cda9c586229cf4292b168d7085746f7bdfe551891fa2cc27c7"
    shown = cipher.login_password(H, CHALLENGE, SALT, 1000)
    assert shown.encode() in VECTORS["C7c"]
    assert tuple(cipher.proof(H, one) for one in CHALLENGES) == PROOFS


@pytest.mark.parametrize("security", [3, 4])
def test_encryption_gives_the_worked_texts(security: int) -> None:
    key = cipher.session_key(H, RANDOM, SALT, 1000, security)
    assert key.hex() == KEY[: 2 * cipher.KEY_BYTES[security]]
    assert cipher.seal(key, IV, EMPTY) == SEALED[security]
    assert cipher.unseal(key, IV, SEALED[security]) == EMPTY


@pytest.mark.parametrize("name", ["vectors/push_c7.wire", "vectors/push_c8.wire"])
def test_the_gateway_plays_its_part_of_the_vectors(name: str) -> None:
    assert [str(deviation) for deviation in replay(script(name), conversation)] == []


@pytest.mark.parametrize("name", ["C7a", "C7c", "C7e", "C7g", "C7i", "C8a"])
def test_what_a_terminal_sends_is_played_on_both_sides(name: str) -> None:
    number = name[1]
    assert VECTORS[name] in streams(f"vectors/push_c{number}.wire", ">")
    assert VECTORS[name] in streams(f"device_push_c{number}.wire", ">")


@pytest.mark.parametrize("name", ["C7b", "C7d", "C7f", "C7h", "C7j", "C8b"])
def test_what_the_gateway_answers_is_played_on_both_sides(name: str) -> None:
    number = name[1]
    assert VECTORS[name] in streams(f"vectors/push_c{number}.wire", "<")
    assert VECTORS[name] in streams(f"device_push_c{number}.wire", "<")


@pytest.mark.parametrize("first", [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 503 Busy\r\n"])
def test_a_message_in_an_event_is_read_with_and_without_its_status(first: bytes) -> None:
    data = b64encode(first + VECTORS["C11"]).decode()
    payload = unpack(Item(uuid="1", form="boundaryData", data=data))
    assert payload.status == (int(first[9:12]) if first else None)
    event, picture = split(payload.body, parameters(payload.kind)[1]["boundary"]).parts
    assert event.data in VECTORS["C2"]
    assert picture.data.hex() == "ffd8ffe000104a46494600010100000100010000ffd9"
