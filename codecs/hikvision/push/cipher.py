"""The key schedule of PUSH and its encryption (inferred: two open programs agree).

All texts go in as UTF-8 and come out as hexadecimal in lower case. Nothing here is ours to choose:
a terminal computes the same.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from binascii import Error
from hashlib import pbkdf2_hmac, sha256

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7
from gateway.codecs.hikvision.refused import Refused
from gateway.codecs.http.digest import Login

KEY_BYTES = {3: 16, 4: 32}
"""AES-128 and AES-256, by the number a terminal gives its security."""
BLOCK = 16
HASHES = ("sha256", "sha1")
"""What firmware derives its login with; the second is reported (inferred)."""
_PASSWORD_BYTES = 64


def hashed(login: Login, salt: str) -> str:
    """Return H, from which everything else follows."""
    return sha256(f"{login.user}{salt}{login.password}".encode()).hexdigest()


def login_password(h: str, challenge: str, salt: str, iterations: int, by: str = "sha256") -> str:
    """Return what a login proves the password with."""
    secret = f"{h}{challenge}".encode()
    return pbkdf2_hmac(by, secret, salt.encode(), iterations, _PASSWORD_BYTES).hex()


def proof(h: str, challenge: str) -> str:
    """Return My-Custom-Auth of the request that follows a challenge."""
    return sha256(f"{h}{challenge}".encode()).hexdigest()


def session_key(h: str, random: str, salt: str, iterations: int, security: int) -> bytes:
    """Return the AES key of a request that names ``random``."""
    secret = f"{h}{random}".encode()
    return pbkdf2_hmac("sha256", secret, salt.encode(), iterations, KEY_BYTES[security])


def seal(key: bytes, iv: bytes, text: bytes) -> bytes:
    """Encrypt a text, and write it as base64."""
    padder = PKCS7(8 * BLOCK).padder()
    padded = padder.update(text) + padder.finalize()
    made = Cipher(algorithms.AES(key), modes.CBC(iv)).encryptor()
    return b64encode(made.update(padded) + made.finalize())


def unseal(key: bytes, iv: bytes, body: bytes) -> bytes:
    """Undo `seal`; raises Refused, for wrong padding as for any text that makes no sense."""
    sealed = plain_bytes(body)
    if not sealed or len(sealed) % BLOCK:
        raise Refused("push_body")
    opened = Cipher(algorithms.AES(key), modes.CBC(iv)).decryptor()
    padded = opened.update(sealed) + opened.finalize()
    unpadder = PKCS7(8 * BLOCK).unpadder()
    try:
        return unpadder.update(padded) + unpadder.finalize()
    except ValueError:
        raise Refused("push_body") from None


def plain_bytes(body: bytes) -> bytes:
    """Read base64, in lines or not; raises Refused for any other alphabet."""
    try:
        return b64decode(body.translate(None, b"\r\n"), validate=True)
    except Error:
        raise Refused("push_body") from None
