"""青禾优选 / Qinghe Select: a shop for phones, small appliances, clothing and tea. The company of `make demo`."""

from pathlib import Path

import yaml

from zhiyin.extend import Pack

_HERE = Path(__file__).parent
_GREETINGS = yaml.safe_load((_HERE / "greetings.yaml").read_text("utf-8"))

pack = Pack(
    name="shop",
    title={"zh": "青禾优选", "en": "Qinghe Select"},
    articles=_HERE / "articles",
    dictionary=_HERE / "dictionary.txt",
    synonyms=_HERE / "synonyms.tsv",
    exam=_HERE / "exam" / "questions.jsonl",
    page=_HERE / "page",
    greetings={"zh": tuple(_GREETINGS["zh"]), "en": tuple(_GREETINGS["en"])},
)
