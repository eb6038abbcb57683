"""Personal data in free text: found by form and check digit, masked, and put back.

What is masked: e-mail addresses, telephone numbers, network addresses, Chinese identity numbers (checksum), bank cards
(Luhn), IBANs (mod 97).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}")
_IDENTITY = re.compile(
    r"(?<![0-9A-Za-z])\d{6}(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx](?![0-9A-Za-z])"
)
_CARD = re.compile(r"(?<![\d-])\d(?:[ -]?\d){12,18}(?![\d-])")
_IBAN = re.compile(r"(?<![0-9A-Za-z])[A-Z]{2}\d{2}(?: ?[0-9A-Z]{4}){2,7}(?: ?[0-9A-Z]{1,3})?(?![0-9A-Za-z])")
_PHONE = re.compile(
    r"(?<![\d.,-])(?:"
    r"(?:\+|00)\d{1,3}[ -]?(?:\(\d{1,4}\)[ -]?)?\d{2,4}(?:[ -]?\d{2,4}){1,4}"  # +86 138 0013 8000
    r"|1[3-9]\d(?:[ -]?\d{4}){2}"  # a Chinese mobile
    r"|\(0\d{2,3}\)[ -]?\d{7,8}|0\d{2,3}[ -]\d{7,8}"  # a Chinese land line
    r"|\(\d{3}\)[ -]?\d{3}-\d{4}|\d{3}[-.]\d{3}[-.]\d{4}"  # North America
    r")(?![\d-])"
)
_GROUPED = re.compile(  # a telephone number as the rest of the world writes it: groups of digits
    r"(?<![\w.,-])\+?\(?\d{2,5}\)?(?:[ .-]{1,2}\(?\d{2,5}\)?){2,4}(?:x\d{2,6})?(?![\w-]|\.\d)"
)
_ADDRESS = re.compile(
    r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.]*\d)|(?<![\w:])(?:[0-9a-fA-F]{1,4}:){4,7}[0-9a-fA-F]{1,4}(?![\w:])"
)


def _grouped(text: str) -> bool:
    return 9 <= sum(c.isdigit() for c in text.split("x")[0]) <= 15


def _identity(text: str) -> bool:
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(digit) * weight for digit, weight in zip(text[:17], weights, strict=True))
    return "10X98765432"[total % 11] == text[17].upper()


def _luhn(text: str) -> bool:
    digits = [int(c) for c in text if c.isdigit()]
    doubled = [sum(divmod(d * 2, 10)) for d in digits[-2::-2]]
    return 13 <= len(digits) <= 19 and len(set(digits)) > 1 and (sum(doubled) + sum(digits[::-2])) % 10 == 0


def _iban(text: str) -> bool:
    packed = text.replace(" ", "")
    return 15 <= len(packed) <= 34 and int("".join(str(int(c, 36)) for c in packed[4:] + packed[:4])) % 97 == 1


def _any(text: str) -> bool:
    return bool(text)


_KINDS: tuple[tuple[str, re.Pattern[str], Callable[[str], bool]], ...] = (
    ("EMAIL", _EMAIL, _any),
    ("ID", _IDENTITY, _identity),
    ("CARD", _CARD, _luhn),
    ("IBAN", _IBAN, _iban),
    ("PHONE", _PHONE, _any),
    ("IP", _ADDRESS, _any),
    ("PHONE", _GROUPED, _grouped),
)


@dataclass(frozen=True, slots=True)
class Masked:
    """A text without the personal data that was in it, and what stood where."""

    text: str
    places: tuple[tuple[str, str], ...] = ()  # placeholder, what it stands for

    def restore(self, text: str) -> str:
        """Put back into `text` what the placeholders in it stand for."""
        for placeholder, original in self.places:
            text = text.replace(placeholder, original)
        return text


def mask(text: str) -> Masked:
    """Replace personal data by placeholders such as [PHONE_1]; the same datum always gets the same one."""
    places: dict[str, str] = {}
    for kind, pattern, valid in _KINDS:

        def hide(match: re.Match[str], kind: str = kind, valid: Callable[[str], bool] = valid) -> str:
            said = match.group()
            if not valid(said):
                return said
            if said not in places:
                number = 1 + sum(name.startswith(f"[{kind}_") for name in places.values())
                places[said] = f"[{kind}_{number}]"
            return places[said]

        text = pattern.sub(hide, text)
    return Masked(text, tuple((name, said) for said, name in places.items()))
