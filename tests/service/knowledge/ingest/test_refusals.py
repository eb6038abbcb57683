"""A bad file gives one clear sentence that names it; nothing else comes out of a reader."""

import io
import random
import time
import tracemalloc
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfWriter
from tests.service.knowledge.ingest.files import FAQ_ROWS, PAGE, POLICY, as_csv, as_docx, as_pdf, as_xlsx, policy_pdf

from zhiyin.errors import Invalid, TooLarge
from zhiyin.service.knowledge import Source
from zhiyin.service.knowledge.ingest import Limits, prepare

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x02\x00\x00\x00\x90wS\xde"


def encrypted_pdf() -> bytes:
    writer = PdfWriter()
    writer.append(io.BytesIO(policy_pdf()))
    writer.encrypt("secret", algorithm="RC4-128")
    content = io.BytesIO()
    writer.write(content)
    return content.getvalue()


def repacked(content: bytes, changed: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            new.writestr(part.filename, changed.get(part.filename, old.read(part)))
        for name in changed.keys() - set(old.namelist()):
            new.writestr(name, changed[name])
    return packed.getvalue()


def with_entities(content: bytes, part: str) -> bytes:
    attack = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>'
    return repacked(content, {part: attack})


ENCRYPTED_OFFICE = (
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le") + bytes(600)
)
BAD: list[tuple[str, bytes, str]] = [
    ("empty.csv", b"", "empty"),
    ("blank.txt", b"\xef\xbb\xbf \n\n", "empty"),
    ("locked.pdf", encrypted_pdf(), "password"),
    ("scan.pdf", as_pdf([[]], picture=True), "OCR"),
    ("nothing.pdf", as_pdf([[]]), "no text"),
    ("cut.pdf", policy_pdf()[:300], "damaged"),
    ("locked.docx", ENCRYPTED_OFFICE, "password"),
    ("old.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), r"save it as \.docx or \.xlsx"),
    ("cut.xlsx", as_xlsx({"a": [["q"], ["a"]]})[:-60], "damaged"),
    ("xxe.docx", with_entities(as_docx(), "word/document.xml"), "entities"),
    ("xxe.xlsx", with_entities(as_xlsx({"a": [["q"], ["a"]]}), "xl/sharedStrings.xml"), "entities"),
    ("archive.zip", repacked(as_docx(), {})[:0] + b"", "empty"),
    ("picture.png", PNG, "PNG"),
    ("report.pdf", PAGE.encode(), "named as a PDF but holds an HTML page"),
    ("notes.md", policy_pdf(), "holds a PDF"),
    ("table.csv", as_docx(), "holds a Word document"),
    ("letter.rtf", b"{\\rtf1 hello}", "rich text"),
    ("bytes.txt", bytes(range(1, 32)) * 40, "not readable text"),
    ("quotes.csv", b'question,answer\na,"never closed\nb,c\n', "quotation marks"),
    (
        "shifted.csv",
        b"question,answer\nHow much?,It costs ten, sometimes twelve\n",
        "line 2 has 3 cells under 2 columns",
    ),
    ("broken.jsonl", b'{"question": "a", "answer": "b"}\n{"question": \n', "line 2 is no valid JSON"),
    ("numbers.jsonl", b"1\n2\n", "item 1 is no JSON object"),
    ("empty.jsonl", b'{"a": 1}\n', "no text"),
    ("headings.md", b"# One\n\n## Two\n", "no text"),
    ("deep.json", b"[" * 100_000, "no valid JSON"),
]


@pytest.mark.parametrize(("name", "content", "told"), BAD, ids=[name for name, _, _ in BAD])
def test_bad_files_are_told_apart_in_one_sentence(name: str, content: bytes, told: str) -> None:
    with pytest.raises(Invalid, match=told) as caught:
        prepare(Source(name, content))
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_claimed_type_counts_when_the_name_says_nothing() -> None:
    assert prepare(Source("faq", as_csv(FAQ_ROWS).encode(), media_type="text/csv")).passages[0].kind == "faq"
    with pytest.raises(Invalid, match="named as a PDF"):
        prepare(Source("report", PAGE.encode(), media_type="application/pdf"))


def bomb() -> bytes:
    return repacked(as_docx(), {"word/huge.xml": b"<a>" + b" " * 30_000_000 + b"</a>"})


LARGE: list[tuple[str, bytes, Limits, str]] = [
    ("big.txt", b"word " * 1000, Limits(file_bytes=4000), "4e\\+03|0.004 MB"),
    ("big.txt", b"word " * 1000, Limits(text_bytes=4000), "divide"),
    ("bomb.docx", bomb(), Limits(unpacked_bytes=10_000_000), "unpacks"),
    ("rows.csv", b"a,b\n" * 100, Limits(rows=50), "50 rows"),
    ("cells.csv", b"a,b\n" * 100, Limits(cells=50), "50 cells"),
    ("wide.csv", b"a," * 300 + b"b\n", Limits(columns=200), "200 columns"),
    ("wide.xlsx", as_xlsx({"a": [["x"] * 300]}), Limits(columns=200), "200 columns"),
    ("rows.xlsx", as_xlsx({"a": [["x", "y"]] * 100}), Limits(rows=50), "50 rows"),
    ("pages.pdf", policy_pdf(), Limits(pages=2), "3 pages"),
    ("many.md", b"\n\n".join(b"# %d\n\nWord." % n for n in range(50)), Limits(passages=20), "20 passages"),
    ("slow.pdf", policy_pdf(), Limits(read_s=0.0), "took longer"),
]


@pytest.mark.parametrize(("name", "content", "limits", "told"), LARGE)
def test_limits_are_kept_and_named(name: str, content: bytes, limits: Limits, told: str) -> None:
    with pytest.raises(TooLarge, match=told) as caught:
        prepare(Source(name, content), limits=limits)
    assert name.split(".")[0] in str(caught.value)


WHOLE: dict[str, bytes] = {
    "a.csv": as_csv(FAQ_ROWS).encode("gb18030"),
    "a.jsonl": b'{"question": "a", "answer": "b", "similar": ["c"]}\n{"text": "hello"}\n',
    "a.md": POLICY.encode(),
    "a.html": PAGE.encode(),
    "a.txt": POLICY.encode(),
    "a.pdf": policy_pdf(),
    "a.xlsx": as_xlsx({"FAQ": FAQ_ROWS, "b": [["x", 1.5, None], ["y", True, "z"]]}),
    "a.docx": as_docx(),
}


def attempt(name: str, content: bytes) -> None:
    """Whatever the bytes are, there are passages or one of our own errors, soon and in little memory."""
    limits = Limits(unpacked_bytes=20_000_000, read_s=5.0)
    try:
        said = prepare(Source(name, content), limits=limits).passages[0].text
    except (Invalid, TooLarge) as error:
        said = str(error) if name in str(error) else ""
    assert said


@pytest.mark.parametrize("name", sorted(WHOLE))
def test_whole_files_are_read(name: str) -> None:
    assert prepare(Source(name, WHOLE[name])).passages


@pytest.mark.parametrize("name", sorted(WHOLE))
def test_damaged_files_raise_only_our_errors_in_bounded_time_and_memory(name: str) -> None:
    dice = random.Random(f"damage {name}")
    whole = WHOLE[name]
    tracemalloc.start()
    began = time.monotonic()
    for _ in range(40):
        damaged = bytearray(whole)
        for _ in range(dice.choice([0, 1, 3, 30])):
            place = dice.randrange(len(damaged))
            damaged[place] = dice.randrange(256)
        if dice.random() < 0.4:
            damaged = damaged[: dice.randrange(len(damaged) + 1)]
        if dice.random() < 0.2:
            start = dice.randrange(len(damaged) + 1)
            damaged[start:start] = damaged[: dice.randrange(len(damaged) + 1)]
        attempt(name, bytes(damaged))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 200_000_000
    assert time.monotonic() - began < 120


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(sorted(WHOLE)),
    st.binary(max_size=300) | st.text(max_size=300).map(lambda text: text.encode("utf-8", "replace")),
)
def test_arbitrary_bytes_raise_only_our_errors(name: str, content: bytes) -> None:
    attempt(name, content)
    attempt(name, WHOLE[name][:40] + content)


_TAGS = "<div> </div> <table> <tr> <td> <ul><li> <h1> </p> text <br> <a·href=x> <!-- &#0; <b".replace("·", "\t").split(
    " "
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(_TAGS), max_size=400).map("".join))
def test_arbitrary_markup_raises_only_our_errors(markup: str) -> None:
    attempt("a.html", f"<html><body>{markup}".encode())
    attempt("a.md", markup.encode())


@pytest.mark.parametrize(
    "tags", ["<div>", "<header>", "<article>", "<table><tr><td>", "<b>", "<ul><li>", "<h1>", "<pre>"]
)
def test_deep_markup_is_survived(tags: str) -> None:
    began = time.monotonic()
    attempt("a.html", f"<html><body>{tags * 5000} words".encode())
    assert time.monotonic() - began < 60


@pytest.mark.parametrize("text", ["> " * 20_000 + "x", "- " * 5_000 + "x", "[" * 20_000, "*a_ " * 20_000, "|" * 50_000])
def test_markdown_made_to_be_slow_is_survived(text: str) -> None:
    began = time.monotonic()
    attempt("a.md", text.encode())
    assert time.monotonic() - began < 60
