"""Sets a pack up as a company of its own: account, inbox, words, articles. A second time changes nothing."""

from pathlib import Path

from rich.console import Console

from zhiyin.conversation.ids import AccountId, InboxId
from zhiyin.data.records import Account, Inbox
from zhiyin.errors import BadPack
from zhiyin.extend import Pack
from zhiyin.front.cli import Installation
from zhiyin.front.cli.commands import read_files, read_synonyms, read_words, take_in

ACCOUNT = AccountId("demo")
WEBSITE_TOKEN = "qinghe-demo"  # noqa: S105 (public: it stands in the page)


async def prepare(installation: Installation, pack: Pack, *, quiet: bool = False) -> None:
    """Bring the demo account in line with the pack, telling what is done unless `quiet`.

    Raises:
        BadPack: an article of the pack cannot be ingested.
    """
    out = Console(quiet=quiet)
    out.print(f"[bold]==> preparing {pack.title['zh']} / {pack.title['en']}[/]")
    await installation.directory.ensure_account(Account(ACCOUNT, pack.title["en"]))
    if WEBSITE_TOKEN not in {inbox.website_token for inbox in await installation.directory.inboxes(ACCOUNT)}:
        await installation.directory.put_inbox(
            Inbox(
                id=InboxId(f"demo-{pack.name}"),
                account=ACCOUNT,
                name=f"{pack.title['zh']} {pack.title['en']}",
                website_token=WEBSITE_TOKEN,
                language="zh",
                greetings=pack.greetings,
            )
        )
    knowledge = installation.knowledge
    now = await knowledge.lexicon(ACCOUNT)
    words, synonyms = _words(pack.dictionary), _synonyms(pack.synonyms)
    if set(now.words) != set(words) or {term: set(all_) for term, all_ in now.synonyms.items()} != {
        term: set(all_) for term, all_ in synonyms.items()
    }:
        out.print(f"    {len(words)} words and {len(synonyms)} terms with synonyms")
        await knowledge.put_lexicon(ACCOUNT, words=words, synonyms=synonyms)
    if await take_in(installation, ACCOUNT, read_files([pack.articles]), out=out):
        raise BadPack(f"pack {pack.name!r} has articles that cannot be read; see the lines above")


def _words(path: Path | None) -> list[str]:
    return read_words(path) if path else []


def _synonyms(path: Path | None) -> dict[str, list[str]]:
    return read_synonyms(path) if path else {}
