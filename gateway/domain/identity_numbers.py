"""Identity numbers: one form for each, the check of those that can be checked, and masking.

The rules of the resident identity card (R-040) are those of GB 11643: six digits of an area, the
date of birth, three digits of a sequence, and a check character by ISO 7064 MOD 11-2. No error here
repeats a number or a part of one.
"""

from __future__ import annotations

from datetime import date

from gateway.domain.errors import GatepostError

RESIDENT = "01"
ID_TYPES = frozenset(f"{number:02d}" for number in range(1, 18))
"""Kinds of papers by the codes of the superior platforms; 01 is the resident identity card."""
SHORTEST, LONGEST = 4, 32
"""Characters of a number of any other paper: nothing more can be checked."""

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_HALF_WIDTH = {0xFF01 + n: 0x21 + n for n in range(94)} | {0x3000: 0x20}
_REMEDY = "Copy it from the paper itself."


def normalised(id_number: str) -> str:
    """Return the one form of a number: half-width, trimmed, upper case."""
    return id_number.translate(_HALF_WIDTH).strip().upper()


def lookup_text(id_type: str, id_number: str) -> str:
    """Return what the keyed hash of a number is made over, ``idType|NUMBER``."""
    return f"{id_type}|{normalised(id_number)}"


def checked(id_type: str, id_number: str, today: date, *, place: str) -> str:
    """Return the normalised number; raises GatepostError ``identity.…`` for one that is none."""
    number = normalised(id_number)
    if id_type not in ID_TYPES:
        remedy = "Use the two digits of the superior platforms, 01 to 17; 01 is the identity card."
        raise _refused("type", "no such kind of paper.", place, remedy)
    if id_type == RESIDENT:
        _check_resident(number, today, place)
    elif not SHORTEST <= len(number) <= LONGEST:
        message = f"{len(number)} characters, expected {SHORTEST} to {LONGEST}."
        raise _refused("length", message, place, _REMEDY)
    elif not (number.isascii() and number.isprintable() and " " not in number):
        raise _refused("characters", "expected letters, digits and signs.", place, _REMEDY)
    return number


def check_character(first_17: str) -> str:
    """Compute the last character of a resident identity number from its first 17 digits."""
    weighed = sum(int(digit) * weight for digit, weight in zip(first_17, _WEIGHTS, strict=True))
    return _CHECKS[weighed % 11]


def masked_number(id_number: str, keep: int = 6) -> str:
    """Hide all but the first ``keep`` and the last four characters; of a short one all but two."""
    if len(id_number) < 18:
        return "*" * (len(id_number) - 2) + id_number[-2:]
    return id_number[:keep] + "*" * (len(id_number) - keep - 4) + id_number[-4:]


def masked_name(name: str) -> str:
    """Keep the first character; how many follow is hidden too."""
    return name[:1] + "**"


def _check_resident(number: str, today: date, place: str) -> None:
    if len(number) == 15 and number.isdigit():
        remedy = "Take the 18 characters of the present card; one of 15 has expired."
        raise _refused("length", "15 digits, the form used before 1999.", place, remedy)
    if "E+" in number:
        remedy = "Format the column as text (文本) before the numbers are entered."
        raise _refused("characters", "a spreadsheet rounded the number.", place, remedy)
    if len(number) != 18:
        raise _refused("length", f"{len(number)} characters, expected 18.", place, _REMEDY)
    if not (number.isascii() and number[:17].isdigit() and number[17] in _CHECKS):
        expected = "expected 17 digits and a digit or X."
        raise _refused("characters", expected, place, "Remove spaces and other signs.")
    try:
        born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        message = "digits 7 to 14 are no date of the calendar."
        raise _refused("date", message, place, _REMEDY) from None
    if not date(1900, 1, 1) <= born <= today:
        message = "the date of birth is before 1900 or in the future."
        raise _refused("date", message, place, _REMEDY)
    if check_character(number[:17]) != number[17]:
        message = "the check character does not fit, so a digit is wrong or two are swapped."
        raise _refused("check_digit", message, place, _REMEDY)


def _refused(code: str, message: str, place: str, remedy: str) -> GatepostError:
    return GatepostError(f"identity.{code}", message, place=place, remedy=remedy)
