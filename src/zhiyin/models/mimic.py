"""What the scripted server answers of itself: honest, cheap, and the same every time."""

import hashlib
import itertools
import math
import re

_DIMS = 64
_CITED = re.compile(r"^\s*[\[【(]?(\d{1,3})[\]】).:：]\s*(.+)$", re.MULTILINE)
_TAGGED = re.compile(r"<passage number=\"(\d{1,3})\"[^>]{0,2000}>\s*(.*?)\s*</passage>", re.DOTALL)
_CUSTOMER = re.compile(r"<customer>((?:(?!<customer>).)*)</customer>", re.DOTALL)
_NO_ANSWER = re.compile(r"(?<![A-Z])NO_ANSWER(?![A-Z])")
_SENTENCE = re.compile(r"[^。！？!?\n]+?(?:[。！？!?\n]|\.(?=\s|$)|$)")
_WORD = re.compile(r"[a-z0-9]+|[\u3400-\u9fff]")


def _grams(text: str) -> list[str]:
    words = _WORD.findall(text.lower())
    return words + [a + b for a, b in itertools.pairwise(words)]


def meaning(text: str) -> list[float]:
    """Return a unit vector of hashed words and word pairs: texts that share words point the same way."""
    row = [0.0] * _DIMS
    for gram in _grams(text) or [""]:
        digest = hashlib.blake2b(gram.encode("utf-8", "replace"), digest_size=4).digest()
        row[digest[0] % _DIMS] += 1.0 if digest[1] & 1 else -1.0
        row[digest[2] % _DIMS] += 0.5 if digest[3] & 1 else -0.5
    length = math.sqrt(sum(x * x for x in row))
    if length < 1e-9:
        return [1.0] + [0.0] * (_DIMS - 1)
    return [x / length for x in row]


def likeness(query: str, document: str) -> float:
    """Return the share of the query's words and word pairs that the document has."""
    wanted = set(_grams(query))
    return len(wanted & set(_grams(document))) / len(wanted) if wanted else 0.0


def echo(prompt: str) -> str:
    """Answer from the passages of a prompt: the two sentences most like the question, each with its passage's number.

    Passages are `<passage number="1" …>` elements, or else lines that begin with `[1]`; the question is what stands
    in `<customer>`, or else the last line that is no passage. Where nothing is alike it says that it cannot answer,
    with the word NO_ANSWER if the prompt gives it.
    """
    tagged = _TAGGED.findall(prompt)
    passages = [(int(number), text) for number, text in tagged or _CITED.findall(prompt)]
    others = _CUSTOMER.findall(prompt) or [x for x in prompt.splitlines() if x.strip() and not _CITED.match(x)]
    question = others[-1].strip() if others else ""
    said = [
        (likeness(question, sentence), -place, f"{sentence.strip()}[{number}]")
        for place, (number, text) in enumerate(passages)
        for sentence in _SENTENCE.findall(text)
        if sentence.strip()
    ]
    best = sorted((one for one in sorted(said, reverse=True)[:2] if one[0] > 0), key=lambda one: -one[1])
    chinese = re.search(r"[\u3400-\u9fff]", question) is not None
    if not best:
        word = _NO_ANSWER.search(prompt)
        return word.group() if word else "没有可以引用的资料。" if chinese else "There is no passage to answer from."
    return ("" if chinese else " ").join(text for _, _, text in best)
