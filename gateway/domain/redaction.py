"""What may not be written down in clear: identity numbers, telephones, long encodings, sign-ins.

Whatever looks like one of these is replaced, even where it is something else: a serial number of
18 digits is a small loss, an identity number in a log or a table is not (domain-and-privacy 1.5).
"""

from __future__ import annotations

import re

SHORTEST = 11
"""Nothing shorter can be any of the patterns: a mobile number has eleven digits."""

_LONG = r"(?P<base64>[A-Za-z0-9+/\r\n]{65,}={0,2}|[A-Za-z0-9_-]{65,}={0,2})"
_SIGN_IN = r"(?P<signin>(?<=://)[^\s/@:]*:[^\s/@]*(?=@))"
# Digits may be full-width, and numbers may be grouped as people write them: \d matches both forms.
_ID_18 = r"(?P<id18>(?<!\d)\d{6}[ -]?\d{8}[ -]?\d{3}[\dXxＸｘ](?!\d))"
_ID_15 = r"(?P<id15>(?<!\d)\d{6}[ -]?\d{6}[ -]?\d{3}(?!\d))"
_MOBILE = r"(?P<mobile>(?<!\d)(?:\+?86[ -]?|0086[ -]?)?[1１][3-9３-９]\d[ -]?\d{4}[ -]?\d{4}(?!\d))"
_PATTERN = re.compile("|".join((_LONG, _SIGN_IN, _ID_18, _ID_15, _MOBILE)))

_WORDS = {
    "id18": "[identity number]",
    "id15": "[identity number]",
    "mobile": "[telephone]",
    "signin": "[sign-in]",
}


def redact(text: str) -> str:
    """Return the text with everything personal replaced by a word for it."""
    return text if len(text) < SHORTEST else _PATTERN.sub(_replace, text)


def _replace(match: re.Match[str]) -> str:
    kind = match.lastgroup or ""
    return _WORDS.get(kind) or f"[{len(match.group())} characters of base64]"
