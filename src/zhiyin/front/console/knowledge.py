"""Documents, search and the account's own words."""

import re
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse
from pydantic import ValidationError
from starlette.datastructures import UploadFile

from zhiyin.conversation.facts import Language
from zhiyin.conversation.ids import DocumentId, PassageId
from zhiyin.errors import Invalid
from zhiyin.front.channels.tokens import DESCRIBED
from zhiyin.front.console.shapes import (
    DocumentAsked,
    Documents,
    DocumentShape,
    ExplanationShape,
    Found,
    FoundShape,
    IngestedAll,
    IngestedShape,
    LexiconAsked,
    LexiconShape,
    Passages,
    PassageShape,
)
from zhiyin.front.console.staff import Anyone, Editor, Id, Staff
from zhiyin.service.knowledge import Ingested, Source

routes = APIRouter(prefix="/api/v1/accounts/{account}", tags=["knowledge"], dependencies=DESCRIBED)
Limit = Annotated[int, Query(ge=1, le=500)]
Offset = Annotated[int, Query(ge=0, le=1_000_000)]
Asked = Annotated[str, Query(min_length=1, max_length=2000)]
_WHERE = re.compile(r"where\[([^\[\]]{1,64})\]")
_MOST_WHERE = 8

_UPLOAD = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": {"$ref": "#/components/schemas/DocumentAsked"}},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["files"],
                    "properties": {"files": {"type": "array", "items": {"type": "string", "format": "binary"}}},
                }
            },
        },
    }
}


@routes.get("/documents")
async def list_documents(staff: Anyone, limit: Limit = 100, offset: Offset = 0) -> Documents:
    """List the account's documents."""
    found = await staff.door.services.knowledge.documents(staff.account)
    page = [DocumentShape.model_validate(one) for one in found[offset : offset + limit]]
    return Documents(documents=page, total=len(found), limit=limit, offset=offset)


@routes.post(
    "/documents",
    response_model=IngestedAll,
    openapi_extra=_UPLOAD,
    responses={422: {"model": IngestedAll, "description": "Nothing was taken; each result says why"}},
)
async def ingest(request: Request, staff: Editor) -> JSONResponse:
    """Take documents: files as multipart form data, or one text as JSON; again under the same name to change one.

    The answer says of each file how it fared; a bad one does not stop the others.
    """
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind == "multipart/form-data":
        results = await _ingest_files(request, staff)
    elif kind == "application/json":
        results = await _ingest(staff, await _text_source(request))
    else:
        raise Invalid("send files as multipart/form-data, or one text as application/json")
    if not results:
        raise Invalid("the form has no file; name its fields 'files'")
    shapes = [IngestedShape.model_validate(one).model_dump(mode="json") for one in results]
    body: dict[str, Any] = {"results": shapes}
    return JSONResponse(body, 422 if all(one.outcome == "refused" for one in results) else 200)


@routes.get("/documents/{document}")
async def get_document(staff: Anyone, document: Id) -> DocumentShape:
    """Return a document."""
    return DocumentShape.model_validate(
        await staff.door.services.knowledge.document(staff.account, DocumentId(document))
    )


@routes.delete("/documents/{document}", status_code=204)
async def delete_document(staff: Editor, document: Id) -> None:
    """Delete a document: its text, its vectors, and what is kept of it in caches."""
    await staff.door.services.knowledge.forget(staff.account, DocumentId(document))


@routes.get("/documents/{document}/passages")
async def list_passages(staff: Anyone, document: Id, limit: Limit = 100, offset: Offset = 0) -> Passages:
    """List the passages of a document, in their order."""
    knowledge, id = staff.door.services.knowledge, DocumentId(document)
    await knowledge.document(staff.account, id)
    found = await knowledge.passages(staff.account, id)
    page = [PassageShape.model_validate(one) for one in found[offset : offset + limit]]
    return Passages(passages=page, total=len(found), limit=limit, offset=offset)


@routes.get("/search")
async def search(
    request: Request,
    staff: Anyone,
    q: Asked,
    language: Language | None = None,
    limit: Annotated[int, Query(ge=1, le=50)] = 8,
    why: bool = False,
) -> Found:
    """Search the account's knowledge. `where[name]=value` keeps passages with that metadata; `why` explains each."""
    knowledge = staff.door.services.knowledge
    found = await knowledge.find(staff.account, q, language=language, limit=limit, where=_where(request) or None)
    passages = []
    for one in found.passages:
        shape = FoundShape.model_validate(one)
        if why:
            shape.why = ExplanationShape.model_validate(
                await knowledge.explain(staff.account, q, one.id, language=language)
            )
        passages.append(shape)
    return Found(query=found.query, passages=passages)


@routes.get("/search/explain")
async def explain(
    staff: Anyone,
    query: Asked,
    passage: Annotated[str, Query(pattern=r"^[A-Za-z0-9_.:-]{1,128}$")],
    language: Language | None = None,
) -> ExplanationShape:
    """Explain why a passage is or is not returned for a query, stage by stage."""
    return ExplanationShape.model_validate(
        await staff.door.services.knowledge.explain(staff.account, query, PassageId(passage), language=language)
    )


@routes.get("/lexicon")
async def get_lexicon(staff: Anyone) -> LexiconShape:
    """Return the account's own words and synonyms."""
    return LexiconShape.model_validate(await staff.door.services.knowledge.lexicon(staff.account))


@routes.put("/lexicon")
async def put_lexicon(staff: Editor, asked: LexiconAsked) -> LexiconShape:
    """Replace the account's own words and synonyms; the next search uses them."""
    changed = await staff.door.services.knowledge.put_lexicon(
        staff.account, words=asked.words, synonyms={term: tuple(others) for term, others in asked.synonyms.items()}
    )
    return LexiconShape.model_validate(changed)


async def _ingest(staff: Staff, source: Source) -> list[Ingested]:
    return [one async for one in staff.door.services.knowledge.ingest(staff.account, [source])]


async def _ingest_files(request: Request, staff: Staff) -> list[Ingested]:
    limits = staff.door.limits
    results: list[Ingested] = []
    async with request.form(max_files=limits.upload_files, max_fields=16, max_part_size=64 * 1024) as form:
        for _, part in form.multi_items():
            if not isinstance(part, UploadFile):
                continue
            name = _file_name(part.filename)
            source = Source(name=name, content=await part.read(), media_type=part.content_type)
            results += await _ingest(staff, source)  # one at a time: one file in memory
    return results


async def _text_source(request: Request) -> Source:
    try:
        asked = DocumentAsked.model_validate_json(await request.body())
    except ValidationError as error:
        first = error.errors()[0]
        raise Invalid(f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}") from None
    return Source(
        name=asked.name,
        content=asked.text.encode(),
        media_type=asked.media_type or "text/plain",
        url=asked.url,
        metadata=asked.metadata,
    )


def _file_name(given: str | None) -> str:
    """Return the file's name as the operator knows it; it is only a name, nothing is written there."""
    name = "".join(c for c in (given or "") if c.isprintable()).strip()[:200]
    if not name:
        raise Invalid("a file of the form has no name; give each a filename")
    return name


def _where(request: Request) -> dict[str, str]:
    where = {named[1]: value[:200] for key, value in request.query_params.items() if (named := _WHERE.fullmatch(key))}
    if len(where) > _MOST_WHERE:
        raise Invalid(f"at most {_MOST_WHERE} where[…] filters are read")
    return where
