"""Does every name, product and code of a sentence stand in the passage?"""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

from zhiyin.language.names import known_as
from zhiyin.service.verify.amounts import Wrong
from zhiyin.service.verify.reading import Reading
from zhiyin.service.verify.synonyms import is_known, is_noun

_PACK = re.compile(r"[^a-z0-9]")
_MODEL = re.compile(
    r"(?<![A-Za-z])((?:[A-Z][A-Za-z]+|[a-z]+[A-Z][A-Za-z]*)(?:\s(?:[A-Z][a-z]+\s)?)?)\s?(\d{1,3})"
    r"(?:\s?(Pro Max|Pro|Max|Plus|Ultra|mini|Mini|SE|Lite|Air)(?![A-Za-z]))?"
)


_MEANS_LATIN, _MEANS_HAN, _MEANS_NOUN, _MEANS_SAME = 0.48, 0.44, 0.33, 0.43


def unknown_name(claim: Reading, sources: Sequence[Reading], around: Sequence[Reading]) -> Wrong | None:
    """Find a code, a product's full name or another name of the claim that neither passage nor its title has."""
    texts = [reading.text for reading in (*sources, *around)]
    whole = "\n".join(texts)
    packed = _PACK.sub("", whole.lower())
    for code in claim.codes:
        if _PACK.sub("", code.lower()) not in packed:
            return Wrong("name", f"{code!r} is not in the passage")
        if not _whole_code(code, whole):
            return Wrong("name", f"{code!r} is only part of a code of the passage")
    told = {_model(m) for m in _MODEL.finditer(whole)}
    families = {(family, number) for family, number, _ in told}
    for match in _MODEL.finditer(claim.text):
        mine = _model(match)
        if mine[:2] in families and mine not in told:
            return Wrong("name", f"the passage is not about {match.group().strip()!r}")
    if all(reading.han != claim.han for reading in sources):
        return None
    for name in claim.names:
        if not known_as(name.text, whole):
            return Wrong("name", f"{name.text!r} is not in the passage")
    return _put_in(claim, sources, whole)


def strange_names(claim: Reading, sources: Sequence[Reading], around: Sequence[Reading]) -> dict[str, float]:
    """Return the names and nouns of a claim that its passages do not have by spelling, by sound or by list, with the
    cosine from which a word of the passage may mean it.

    Their meaning decides: a gift card is a 贺卡, but no maker is 松下 where none is named. In one language only
    Chinese nouns are in question: the tagger knows many names as common words, and Latin ones show by their capital.
    """
    if any(reading.han == claim.han for reading in sources):
        return _strange_nouns(claim, sources, around) if claim.han else {}
    whole = "\n".join(reading.text for reading in (*sources, *around))
    found: dict[str, float] = {}
    for name in claim.names:
        if _told_alike(claim, name.start, name.end) and not known_as(name.text, whole):
            found[name.text] = _MEANS_LATIN if name.text.isascii() else _MEANS_HAN
    for word in claim.words:  # what the tagger does not know for a name may be one all the same
        text = claim.text[word.start : word.end]
        if not text.isascii() and text not in found and is_noun(text) and not known_as(text, whole):
            found[text] = _MEANS_NOUN
    return found


def _strange_nouns(claim: Reading, sources: Sequence[Reading], around: Sequence[Reading]) -> dict[str, float]:
    whole = "\n".join(reading.text for reading in (*sources, *around))
    known = frozenset().union(*(reading.keys for reading in (*sources, *around)))
    said = ((word.key, claim.text[word.start : word.end]) for word in claim.words)
    return {
        text: _MEANS_SAME
        for key, text in said
        if not text.isascii()
        and is_noun(text)
        and not is_known(key, known, whole.lower())
        and not known_as(text, whole)
    }


def _put_in(claim: Reading, sources: Sequence[Reading], whole: str) -> Wrong | None:
    """Find a word that was put into a sentence which is otherwise the passage's own."""
    order = [w.key for w in claim.words]
    if len(order) < 3:
        return None
    for reading in sources:
        for start, end in reading.sentences:
            theirs = [w.key for w in reading.words if start <= w.start < end]
            shared = len(set(order) & set(theirs))
            if shared < 0.7 * max(len(set(order)), len(set(theirs)) * 0.8) or shared < 2:
                continue
            for kind, a, b, c, d in SequenceMatcher(None, theirs, order, autojunk=False).get_opcodes():
                if kind != "replace" or b - a > 4 or d - c > 3:
                    continue
                new = [
                    w
                    for w in claim.words[c:d]
                    if is_noun(claim.text[w.start : w.end]) and not is_known(w.key, reading.keys, whole.lower())
                ]
                gone = [key for key in theirs[a:b] if key not in order]
                if new and gone and not any(_kin(w.key, key) for w in new for key in gone):
                    return Wrong(
                        "name", f"{claim.text[new[0].start : new[0].end]!r} stands where the passage has another word"
                    )
    return None


def _kin(one: str, two: str) -> bool:
    """Say whether two words are likely forms or near synonyms of one: they share a character, or a stem."""
    if one.isascii() or two.isascii():
        return one[:4] == two[:4]
    return bool(set(one) & set(two))


def _told_alike(claim: Reading, start: int, end: int) -> bool:
    """Say whether a name would be told by its sound in another language: short abbreviations are not."""
    return not (end - start <= 2 and claim.text[start:end].isascii())


def _model(match: re.Match[str]) -> tuple[str, str, str]:
    return match[1].strip().lower(), match[2], (match[3] or "").lower()


def _whole_code(code: str, text: str) -> bool:
    loose = r"[-\s]?".join(re.escape(part) for part in re.split(r"[-\s]", code))
    return re.search(rf"(?<![A-Za-z0-9]){loose}(?![A-Za-z0-9]|-[A-Za-z0-9])", text, re.IGNORECASE) is not None
