"""The API against its own description: whatever fits it, and what does not, breaks nothing."""

import asyncio
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case as AnyCase
from schemathesis import GenerationMode
from schemathesis.core.result import Ok

from tests.front.standing import Guest, Standing

EXAMPLES = 16
Case = AnyCase[Any]


async def test_no_input_breaks_the_api(front: Standing, guest: Guest) -> None:
    described = front.app.openapi()
    described["paths"] = {
        path: methods
        for path, methods in described["paths"].items()
        if not path.endswith(("/follow", "/events")) or (path.startswith("/api/v1/") and path.endswith("/events"))
    }
    described["paths"]["/v1/chat/completions"]["post"]["requestBody"]["content"]["application/json"]["schema"] = {
        "not": {"type": "object", "required": ["messages"]}  # well-formed ones wait for a reply: tested elsewhere
    }
    for methods in described["paths"].values():
        for operation in methods.values():
            operation.pop("security", None)  # every case bears a right token: the wrong ones are tried elsewhere
    schema = schemathesis.openapi.from_dict(described)
    answered: dict[str, set[int]] = {}
    talk = await guest.begin()

    def attack() -> None:
        for found in schema.get_all_operations():
            assert isinstance(found, Ok)
            operation = found.ok()
            cases = st.one_of(
                operation.as_strategy(generation_mode=GenerationMode.POSITIVE),
                operation.as_strategy(generation_mode=GenerationMode.NEGATIVE),
            )

            @settings(
                max_examples=EXAMPLES,
                deadline=None,
                database=None,
                derandomize=True,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            @given(case=cases)
            def holds(case: Case) -> None:
                if "account" in case.path_parameters:
                    case.path_parameters["account"] = front.ours
                is_public = "website_token" in case.path_parameters
                if is_public:
                    case.path_parameters["website_token"] = front.inbox.website_token
                if len(str(case.path_parameters.get("conversation", ""))) % 2:
                    case.path_parameters["conversation"] = talk
                answer = case.call(base_url=front.url, headers=guest.headers if is_public else front.bearing())
                answered.setdefault(case.operation.label, set()).add(answer.status_code)
                assert answer.status_code < 500, (case.method, case.formatted_path, answer.text)
                if answer.status_code >= 400 and "json" in str(answer.headers["content-type"]):
                    assert {"error", "results"} & set(answer.json())

            holds()

    await asyncio.to_thread(attack)
    assert len(answered) == sum(len(methods) for methods in described["paths"].values())
    assert any(200 in codes for codes in answered.values())
