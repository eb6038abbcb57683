"""Every command of `zhiyin`, one function each."""

import asyncio
import json
import secrets
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from zhiyin import __version__
from zhiyin.conversation.ids import AccountId, ContactId, DocumentId, InboxId, PassageId, new_id
from zhiyin.data.records import Inbox
from zhiyin.errors import Invalid, ZhiyinError
from zhiyin.front.cli import Doors, Installation
from zhiyin.front.cli.chat import converse
from zhiyin.front.exam.report import table
from zhiyin.service.knowledge import Source

AccountOption = Annotated[str, typer.Option("--account", "-a", help="Account (tenant) to work in.")]
PackOption = Annotated[str, typer.Option(help="Installed pack: shop.")]

out = Console()
err = Console(stderr=True)


def build_cli(doors: Doors) -> typer.Typer:
    """Return the command line over `doors`."""
    cli = typer.Typer(
        name="zhiyin",
        help="Zhiyin 知音: customer service that answers from your own knowledge, with citations.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
    )
    _serving(cli, doors)
    _knowledge(cli, doors)
    _access(cli, doors)
    _measuring(cli, doors)
    return cli


def run(work: Coroutine[Any, Any, None]) -> None:
    """Run a command's work; an error of ours becomes one line and exit code 1."""
    try:
        asyncio.run(work)
    except ZhiyinError as error:
        err.print(f"[bold red]zhiyin:[/] {error}", highlight=False, soft_wrap=True)
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


def _serving(cli: typer.Typer, doors: Doors) -> None:
    @cli.command()
    def serve(
        host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
        port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
        workers: Annotated[int | None, typer.Option(help="Server processes; more than one needs PostgreSQL.")] = None,
    ) -> None:
        """Serve customers and staff."""
        given = {"host": host, "port": port, "workers": workers}
        _guard(lambda: doors.serve(pack=None, **{name: value for name, value in given.items() if value is not None}))

    @cli.command()
    def demo(
        pack: PackOption = "shop",
        host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
        port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
    ) -> None:
        """Set up a demo company and serve it: its home page, the widget, the API."""
        given = {"host": host, "port": port}

        async def prepare() -> None:
            async with doors.open() as installation:
                await doors.prepare(installation, pack)

        run(prepare())
        _guard(lambda: doors.serve(pack=pack, **{name: value for name, value in given.items() if value is not None}))

    @cli.command()
    def chat(
        question: Annotated[str | None, typer.Argument(help="Ask this and leave; without it, talk.")] = None,
        account: AccountOption = "demo",
        pack: Annotated[str | None, typer.Option(help="Set this pack up first, if it is not yet.")] = None,
    ) -> None:
        """Talk to the bot in the terminal."""

        async def work() -> None:
            async with doors.open() as installation:
                if pack:
                    await doors.prepare(installation, pack)
                await converse(installation, AccountId(account), question, out)

        run(work())

    @cli.command()
    def settings() -> None:
        """Print every setting with its value and meaning; secrets stay masked."""

        def work() -> None:
            rows = Table("setting", "value", "meaning", box=None)
            for row in doors.settings():
                rows.add_row(*(escape(cell) for cell in row))
            out.print(rows)

        _guard(work)

    @cli.command()
    def doctor() -> None:
        """Open the installation and say what it runs on."""

        async def work() -> None:
            async with doors.open() as installation:
                for name, value in {"zhiyin": __version__, **installation.facts}.items():
                    out.print(f"{name:24} {value}", highlight=False)

        run(work())


def _knowledge(cli: typer.Typer, doors: Doors) -> None:
    @cli.command()
    def ingest(
        paths: Annotated[list[Path], typer.Argument(help="Files and folders: CSV XLSX JSONL MD HTML TXT PDF DOCX.")],
        account: AccountOption = "demo",
    ) -> None:
        """Take files into the knowledge base; again later, only what changed."""

        async def work() -> None:
            async with doors.open() as installation:
                await installation.account(account)
                if await take_in(installation, AccountId(account), read_files(paths)):
                    raise typer.Exit(1)

        run(work())

    @cli.command()
    def search(
        query: str,
        account: AccountOption = "demo",
        limit: Annotated[int, typer.Option(min=1, max=50)] = 5,
        why: Annotated[bool, typer.Option("--why", help="Explain every result, stage by stage.")] = False,
        passage: Annotated[str | None, typer.Option(help="Explain this passage, found or not.")] = None,
        where: Annotated[list[str] | None, typer.Option(help="Only passages with this metadata: name=value.")] = None,
    ) -> None:
        """Search the knowledge base, and say why."""

        async def work() -> None:
            filters = dict(_pair(one) for one in where or [])
            async with doors.open() as installation:
                knowledge, tenant = installation.knowledge, AccountId(account)
                found = await knowledge.find(tenant, query, limit=limit, where=filters or None)
                for rank, one in enumerate(found.passages, start=1):
                    out.print(
                        f"[bold]{rank}. {one.answers:.2f}[/]  {escape(one.title)}  [dim]{one.id}[/]", highlight=False
                    )
                    out.print(f"   {one.question or ''}", highlight=False, markup=False, style="cyan")
                    out.print(f"   {one.text[:300]}", highlight=False, markup=False)
                    if why:
                        await _explain(installation, tenant, query, one.id)
                if not found.passages:
                    out.print("nothing found")
                if passage:
                    await _explain(installation, tenant, query, PassageId(passage))

        run(work())

    @cli.command()
    def documents(account: AccountOption = "demo") -> None:
        """List the documents of the knowledge base."""

        async def work() -> None:
            async with doors.open() as installation:
                for one in await installation.knowledge.documents(AccountId(account)):
                    out.print(f"{one.id}  {one.updated:%Y-%m-%d}  {one.name}", highlight=False)

        run(work())

    @cli.command()
    def forget(document: str, account: AccountOption = "demo") -> None:
        """Delete a document by id: its text, its vectors, its caches."""

        async def work() -> None:
            async with doors.open() as installation:
                await installation.knowledge.forget(AccountId(account), DocumentId(document))

        run(work())

    @cli.command()
    def lexicon(
        account: AccountOption = "demo",
        words: Annotated[Path | None, typer.Option(help="File with one word a line; replaces the dictionary.")] = None,
        synonyms: Annotated[Path | None, typer.Option(help="File of term<TAB>synonym|synonym; replaces them.")] = None,
    ) -> None:
        """Show or replace the account's own words; running servers use them at their next search."""

        async def work() -> None:
            async with doors.open() as installation:
                tenant = (await installation.account(account)).id
                now = await installation.knowledge.lexicon(tenant)
                if words or synonyms:
                    now = await installation.knowledge.put_lexicon(
                        tenant,
                        words=read_words(words) if words else now.words,
                        synonyms=read_synonyms(synonyms) if synonyms else now.synonyms,
                    )
                out.print(f"version {now.version}: {len(now.words)} words, {len(now.synonyms)} terms with synonyms")

        run(work())


def _access(cli: typer.Typer, doors: Doors) -> None:
    token = typer.Typer(help="Keys of the REST API.", no_args_is_help=True)
    inbox = typer.Typer(help="Doors of an account: websites and API clients.", no_args_is_help=True)
    cli.add_typer(token, name="token")
    cli.add_typer(inbox, name="inbox")

    @token.command("new")
    def new_token(
        name: str,
        account: AccountOption = "demo",
        role: Annotated[str, typer.Option(help="admin, agent or api")] = "api",
    ) -> None:
        """Make a key and print it once."""
        if role not in ("admin", "agent", "api"):
            raise typer.BadParameter("want admin, agent or api", param_hint="--role")

        async def work() -> None:
            async with doors.open() as installation:
                tenant = await installation.account(account)
                _, clear = await installation.directory.new_token(tenant.id, name=name, role=role)  # type: ignore[arg-type]
                typer.echo(clear)

        run(work())

    @token.command("list")
    def list_tokens(account: AccountOption = "demo") -> None:
        """List the keys, without their secrets."""

        async def work() -> None:
            async with doors.open() as installation:
                for one in await installation.directory.tokens(AccountId(account)):
                    out.print(f"{one.id}  {one.role:6} {one.name}", highlight=False)

        run(work())

    @token.command("revoke")
    def revoke_token(id: str, account: AccountOption = "demo") -> None:
        """Make a key worthless at once."""

        async def work() -> None:
            async with doors.open() as installation:
                await installation.directory.revoke_token(AccountId(account), id)

        run(work())

    @inbox.command("new")
    def new_inbox(
        name: str,
        account: AccountOption = "demo",
        origin: Annotated[list[str] | None, typer.Option(help="Origin that may embed the widget.")] = None,
        language: Annotated[str, typer.Option(help="zh or en")] = "zh",
    ) -> None:
        """Make an inbox and print the line that puts its widget on a page."""
        if language not in ("zh", "en"):
            raise typer.BadParameter("want zh or en", param_hint="--language")

        async def work() -> None:
            async with doors.open() as installation:
                tenant = await installation.account(account)
                identity = secrets.token_urlsafe(32)
                made = await installation.directory.put_inbox(
                    Inbox(
                        id=InboxId(new_id()),
                        account=tenant.id,
                        name=name,
                        website_token=new_id().replace("-", ""),
                        language=language,  # type: ignore[arg-type]
                        origins=tuple(origin or ()),
                        secrets=(identity,),
                    )
                )
                typer.echo(
                    f'<script src="https://YOUR-SERVER/widget.js" data-website-token="{made.website_token}" async></script>'
                )
                err.print(f"identity secret, shown once: {identity}", highlight=False, markup=False, soft_wrap=True)

        run(work())

    @inbox.command("list")
    def list_inboxes(account: AccountOption = "demo") -> None:
        """List the inboxes."""

        async def work() -> None:
            async with doors.open() as installation:
                for one in await installation.directory.inboxes(AccountId(account)):
                    out.print(f"{one.id}  {one.website_token}  {one.name}  {' '.join(one.origins)}", highlight=False)

        run(work())

    @cli.command()
    def erase(contact: str, account: AccountOption = "demo") -> None:
        """Forget a customer: their words become unreadable everywhere; what remains can only be counted."""

        async def work() -> None:
            async with doors.open() as installation:
                emptied = await installation.erase(AccountId(account), ContactId(contact))
                out.print(f"forgotten; {emptied} conversations lost their words")

        run(work())


def _measuring(cli: typer.Typer, doors: Doors) -> None:
    @cli.command("eval")
    def evaluate(
        data: Annotated[Path, typer.Option(help="Folder of the third-party data sets.")] = Path("../shared/data"),
        only: Annotated[
            list[str] | None, typer.Option(help="Only these exams: retrieval answerability answers lies.")
        ] = None,
        pack: PackOption = "shop",
        as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
    ) -> None:
        """Measure quality: retrieval, answers, abstention, grounding."""

        async def work() -> None:
            rows = await doors.evaluate(data=data, only=frozenset(only or ()), pack=pack)
            typer.echo(
                json.dumps([row.as_dict() for row in rows], ensure_ascii=False, indent=1) if as_json else table(rows)
            )

        run(work())

    @cli.command()
    def bench(
        passages: Annotated[list[int] | None, typer.Option(help="Sizes of base to search.")] = None,
        only: Annotated[
            list[str] | None, typer.Option(help="Only these: turn search ingest embed model start.")
        ] = None,
        as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
    ) -> None:
        """Measure speed and memory on this machine."""

        async def work() -> None:
            machine, rows = await doors.bench(passages=tuple(passages or (10_000, 100_000)), only=frozenset(only or ()))
            if as_json:
                figures = [row.as_dict() for row in rows]
                typer.echo(json.dumps({"machine": machine, "figures": figures}, ensure_ascii=False, indent=1))
            else:
                for name, value in machine.items():
                    typer.echo(f"{name}: {value}")
                typer.echo(table(rows))

        run(work())


def read_files(paths: list[Path]) -> list[Source]:
    """Read files, and all files below folders, as sources named by their paths.

    Raises:
        Invalid: a path does not exist.
    """
    sources = []
    for path in paths:
        if not path.exists():
            raise Invalid(f"{path} does not exist; name a file or a folder")
        below = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file() and p.name[0] != ".")
        root = path.parent if path.is_file() else path
        sources += [Source(name=str(p.relative_to(root)), content=p.read_bytes()) for p in below]
    return sources


async def take_in(installation: Installation, account: AccountId, sources: list[Source], *, out: Console = out) -> int:
    """Ingest with a line a source, and return how many were refused."""
    counts = {"added": 0, "changed": 0, "unchanged": 0, "refused": 0}
    done = 0
    async for one in installation.knowledge.ingest(account, sources):
        done += 1
        counts[one.outcome] += 1
        line = one.problem or f"{one.name}: {one.outcome}, {one.passages} passages, {one.embedded} new vectors"
        if one.outcome != "unchanged":
            (err if one.problem else out).print(f"[{done}/{len(sources)}] {line}", highlight=False, markup=False)
        for note in one.notes:
            out.print(f"    {note}", highlight=False, markup=False)
    out.print(", ".join(f"{count} {outcome}" for outcome, count in counts.items()), highlight=False)
    return counts["refused"]


def read_words(path: Path) -> list[str]:
    """Read a dictionary: one word a line, `#` begins a comment."""
    lines = (line.split("#")[0].strip() for line in _lines(path))
    return [line for line in lines if line]


def read_synonyms(path: Path) -> dict[str, list[str]]:
    """Read synonyms: a term, a tab, its synonyms with | between.

    Raises:
        Invalid: a line has no tab; the message names it.
    """
    synonyms = {}
    for number, line in enumerate(_lines(path), start=1):
        if not line.strip() or line.startswith("#") or line.lower().startswith("term\t"):
            continue
        term, tab, others = line.partition("\t")
        if not tab:
            raise Invalid(f"{path}, line {number}: want term<TAB>synonym|synonym")
        synonyms[term.strip()] = [one.strip() for one in others.split("|") if one.strip()]
    return synonyms


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text("utf-8").splitlines()
    except OSError as error:
        raise Invalid(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise Invalid(f"{path} is not UTF-8 text; save it as UTF-8") from None


async def _explain(installation: Installation, account: AccountId, query: str, passage: PassageId) -> None:
    why = await installation.knowledge.explain(account, query, passage)
    verdict = f"returned at rank {why.rank}" if why.returned else "not returned"
    out.print(f"   why {passage}: {verdict}, answers with probability {why.answers:.2f}", highlight=False)
    for stage, what in why.stages:
        out.print(f"     {stage:14} {what}", highlight=False, markup=False)
    out.print(f"     matched        {' '.join(why.matched)}", highlight=False, markup=False)
    out.print(f"     missed         {' '.join(why.missed)}", highlight=False, markup=False)


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise Invalid(f"--where {text!r}: want name=value")
    return name, value


def _guard(work: Any) -> None:
    try:
        work()
    except ZhiyinError as error:
        err.print(f"[bold red]zhiyin:[/] {error}", highlight=False, soft_wrap=True)
        raise typer.Exit(1) from None
