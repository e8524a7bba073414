"""What an identity card says beside number and name (R-040): its form, its check, its masking.

Sexes by GB/T 2261.1, nations by GB/T 3304. A card holds 35 characters of an address and 15 of an
authority; a validity may end with 长期. No error here repeats a value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, fields
from datetime import date

from gateway.domain.errors import GatepostError
from gateway.domain.identity_numbers import RESIDENT, masked_name
from gateway.domain.values import value

SEXES = {"0": "未知", "1": "男", "2": "女", "9": "未说明"}
_NATIONS = """
汉 蒙古 回 藏 维吾尔 苗 彝 壮 布依 朝鲜 满 侗 瑶 白 土家 哈尼 哈萨克 傣 黎 傈僳 佤 畲 高山 拉祜 水
东乡 纳西 景颇 柯尔克孜 土 达斡尔 仫佬 羌 布朗 撒拉 毛南 仡佬 锡伯 阿昌 普米 塔吉克 怒 乌孜别克
俄罗斯 鄂温克 德昂 保安 裕固 京 塔塔尔 独龙 鄂伦春 赫哲 门巴 珞巴 基诺
"""
NATIONS = {f"{code:02}": word for code, word in enumerate(_NATIONS.split(), 1)}
NATIONS |= {"97": "其他", "98": "外国血统"}
LONG = "长期"
LONGEST = {"address": 70, "authority": 30}
"""Characters: twice what a card holds, for what is written by hand."""
WORDS = ("sex", "nation", "birth", "address", "authority", "valid_from", "valid_to")
"""The names of the fields, in the order they are told."""


@value
class CardDetails:
    """Checked; None is what nobody said."""

    sex: str | None = field(default=None, repr=False)
    """Code of `SEXES`."""
    nation: str | None = field(default=None, repr=False)
    """Code of `NATIONS`."""
    birth: str | None = field(default=None, repr=False)
    """``YYYY-MM-DD``, as all days here."""
    address: str | None = field(default=None, repr=False)
    authority: str | None = field(default=None, repr=False)
    """Who issued it."""
    valid_from: str | None = None
    valid_to: str | None = None
    """A day, the last one, or `LONG`."""

    def words(self) -> dict[str, str]:
        """Return what is known, by field."""
        every = ((one.name, getattr(self, one.name)) for one in fields(self))
        return {name: said for name, said in every if said is not None}

    def over(self, before: CardDetails | None) -> CardDetails:
        """Return these details, and what only an earlier card said."""
        earlier = {} if before is None else before.words()
        return CardDetails(**{**earlier, **self.words()})

    def masked(self) -> dict[str, str]:
        """Return what may be shown: the validity, a year, and that the others are known."""
        hidden = {
            "sex": "*",
            "nation": "**",
            "birth": f"{(self.birth or '')[:4]}-**-**",
            "address": masked_name(self.address or ""),
            "authority": masked_name(self.authority or ""),
        }
        return {name: hidden.get(name, said) for name, said in self.words().items()}


def checked_details(
    said: Mapping[str, str], id_type: str, number: str, today: date
) -> CardDetails | None:
    """Return the details of a card, None where nothing was said.

    ``number`` is checked already. Raises GatepostError ``card.…`` with the field as its place, also
    where sex or birth are not those of a resident's number.
    """
    given = {name: text.strip() for name, text in said.items() if text.strip()}
    if not given:
        return None
    details = CardDetails(
        sex=_coded(given, "sex", SEXES),
        nation=_coded(given, "nation", NATIONS),
        birth=_day(given, "birth"),
        address=_text(given, "address"),
        authority=_text(given, "authority"),
        valid_from=_day(given, "valid_from"),
        valid_to=LONG if given.get("valid_to") == LONG else _day(given, "valid_to"),
    )
    _check_days(details, today)
    if id_type == RESIDENT:
        _check_number(details, number)
    return details


def _coded(given: Mapping[str, str], name: str, known: Mapping[str, str]) -> str | None:
    """Return the code of a code or of the word on the card, with or without 族."""
    text = given.get(name)
    if text is None:
        return None
    by_word = {word: code for code, word in known.items()}
    code = text.zfill(max(map(len, known)))
    found = code if code in known else by_word.get(text) or by_word.get(text.removesuffix("族"))
    if found is None:
        raise _refused(name, "no such word or code.", "Write it as on the card, or its code.")
    return found


def _day(given: Mapping[str, str], name: str) -> str | None:
    text = given.get(name)
    if text is None:
        return None
    digits = "".join(text.split()).replace("/", "-").replace(".", "-")
    if len(digits) == len("20200131") and digits.isdigit():
        digits = f"{digits[:4]}-{digits[4:6]}-{digits[6:]}"
    try:
        year, month, day = map(int, digits.split("-"))
        return date(year, month, day).isoformat()
    except ValueError:
        remedy = "Write 2020-01-31, or as on the card."
        raise _refused(name, "this is no day of the calendar.", remedy) from None


def _text(given: Mapping[str, str], name: str) -> str | None:
    text = given.get(name)
    if text is not None and not (text.isprintable() and len(text) <= LONGEST[name]):
        message = f"at most {LONGEST[name]} characters on one line are taken."
        raise _refused(name, message, "Write it as on the card.")
    return text


def _check_days(details: CardDetails, today: date) -> None:
    start, end, birth = details.valid_from, details.valid_to, details.birth
    if birth is not None and birth > today.isoformat():
        raise _refused("birth", "it is in the future.", "Copy it from the card.")
    if start is not None and end is not None and end != LONG and end < start:
        raise _refused("valid_to", "the card would expire before it is valid.", "Correct the days.")


def _check_number(details: CardDetails, number: str) -> None:
    """A resident's number says both itself; another word means that one was copied wrong."""
    born = f"{number[6:10]}-{number[10:12]}-{number[12:14]}"
    if details.birth not in (None, born):
        raise _refused("birth", "the number says another day.", "Correct the one that is wrong.")
    of_number = "1" if int(number[16]) % 2 else "2"
    if details.sex in ("1", "2") and details.sex != of_number:
        raise _refused("sex", "the number says another one.", "Correct the one that is wrong.")


def _refused(name: str, message: str, remedy: str) -> GatepostError:
    return GatepostError(f"card.{name}", message, place=name, remedy=remedy)
