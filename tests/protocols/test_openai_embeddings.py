"""`client.embeddings` on a real socket: near and far texts, numbers and base64, short vectors, refusals."""

import math
from typing import Any

import pytest
from openai import AsyncOpenAI, OpenAI

SMALL = "text-embedding-3-small"
URL = "/v1/embeddings"


def embed(client: OpenAI, *texts: str, **more: Any) -> list[list[float]]:
    made = client.embeddings.create(**{"model": SMALL, "input": list(texts), **more})
    assert [each.index for each in made.data] == list(range(len(texts)))
    return [each.embedding for each in made.data]


def likeness(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize(
    ("model", "size"), [(SMALL, 1536), ("text-embedding-3-large", 3072), ("text-embedding-ada-002", 1536)]
)
def test_each_model_has_its_own_size_and_length_one(openai_client: OpenAI, model: str, size: int) -> None:
    [vector] = embed(openai_client, "green tea", model=model, encoding_format="float")
    assert len(vector) == size
    assert math.isclose(likeness(vector, vector), 1, abs_tol=1e-5)


@pytest.mark.parametrize("dimensions", [1536, 256, 64])
def test_texts_that_share_words_are_close_and_strangers_are_not(openai_client: OpenAI, dimensions: int) -> None:
    question, near, kin, far = embed(
        openai_client,
        "How do I brew green tea?",
        "Brewing green tea takes water of 80 degrees.",
        "Green teas and their brewers",
        "WebSockets keep one connection open in both directions.",
        dimensions=dimensions,
    )
    assert likeness(question, near) > likeness(question, far) + 0.2
    assert likeness(question, kin) > likeness(question, far) + 0.2
    assert abs(likeness(question, far)) < 0.3


def test_the_models_are_listed_with_the_others(openai_client: OpenAI) -> None:
    assert {SMALL, "gpt-4o-mini"} <= {model.id for model in openai_client.models.list()}
    assert openai_client.models.retrieve(SMALL).id == SMALL


def test_the_same_text_is_the_same_vector_everywhere(server, openai_client: OpenAI) -> None:
    with OpenAI(base_url=f"{server.url}/v1", api_key=server.sandbox(seed=8)) as other:
        assert embed(other, "green tea") == embed(openai_client, "green tea", "black tea")[:1]


def test_base64_holds_the_same_numbers(openai_client: OpenAI) -> None:
    """The SDK asks for base64 by itself and decodes it."""
    [by_default] = embed(openai_client, "green tea", dimensions=32)
    [numbers] = embed(openai_client, "green tea", dimensions=32, encoding_format="float")
    assert by_default == pytest.approx(numbers, abs=1e-7)
    raw = openai_client.embeddings.create(model=SMALL, input="green tea", dimensions=32, encoding_format="base64")
    assert isinstance(raw.data[0].embedding, str)


def test_short_vectors_are_the_beginning_of_long_ones(openai_client: OpenAI) -> None:
    [long], [short] = embed(openai_client, "green tea"), embed(openai_client, "green tea", dimensions=100)
    length = math.sqrt(likeness(long[:100], long[:100]))
    assert short == pytest.approx([number / length for number in long[:100]], abs=1e-5)


@pytest.mark.parametrize("text", ["🍵", "茶", "the", " ", "?!"])
def test_no_text_is_without_a_vector(openai_client: OpenAI, text: str) -> None:
    [vector] = embed(openai_client, text, dimensions=2)
    assert math.isclose(likeness(vector, vector), 1, abs_tol=1e-5)


def test_token_numbers_are_words_of_their_own(server, exactly) -> None:
    asked = {"model": SMALL, "input": [[1, 2, 3], [1, 2, 4], [9, 8, 7]]}
    answer = server.http.post(URL, json=asked, headers={"x-lab-pace": "instant"}).json()
    exactly(answer, "embeddings")
    one, near, far = (each["embedding"] for each in answer["data"])
    assert likeness(one, near) > 0.5 > likeness(one, far)
    assert answer["usage"] == {"prompt_tokens": 9, "total_tokens": 9}
    [alone] = server.http.post(URL, json=asked | {"input": [1, 2, 3]}, headers={"x-lab-pace": "instant"}).json()["data"]
    assert alone["embedding"] == one


async def test_the_async_client_gets_the_same(server, openai_client: OpenAI) -> None:
    async with AsyncOpenAI(base_url=f"{server.url}/v1", api_key=server.sandbox()) as client:
        made = await client.embeddings.create(model=SMALL, input="green tea")
    assert [made.data[0].embedding] == embed(openai_client, "green tea")


Refusal = tuple[dict[str, Any], int, str, str | None, str | None]
REFUSALS: list[Refusal] = [
    ({}, 400, "Missing required parameter: 'input'.", "input", "missing_required_parameter"),
    ({"input": ""}, 400, "Invalid 'input': input cannot be an empty string.", "input", "invalid_value"),
    ({"input": ["tea", ""]}, 400, "Invalid 'input': input cannot be an empty string.", "input", "invalid_value"),
    ({"input": []}, 400, "Invalid 'input': empty array. Expected an array with minimum length 1, but got an empty "
     "array instead.", "input", "empty_array"),
    ({"input": 7}, 400, "Invalid type for 'input': expected one of a string, an array of strings, or an array of "
     "integers, but got an integer instead.", "input", "invalid_type"),
    ({"input": "tea", "model": "gpt-4o"}, 404, "The model `gpt-4o` gives no embeddings here. These do: "
     "text-embedding-3-small, text-embedding-3-large, text-embedding-ada-002.", "model", "model_not_found"),
    ({"input": "tea", "dimensions": 2000}, 400, "Invalid value for 'dimensions' = 2000. Must be less than or equal to "
     "1536.", "dimensions", None),
    ({"input": "tea", "dimensions": 0}, 400, "Invalid 'dimensions': integer below minimum value. Expected a value >= "
     "1, but got 0 instead.", "dimensions", "integer_below_min_value"),
    ({"input": "tea", "model": "text-embedding-ada-002", "dimensions": 8}, 400, "This model does not support "
     "specifying dimensions.", "dimensions", None),
    ({"input": "tea " * 8193}, 400, "This model's maximum context length is 8192 tokens, however you requested 8194 "
     "tokens (8194 in your prompt; 0 for the completion). Please reduce your prompt; or completion length.",
     None, None),
    ({"input": ["a " * 8000] * 38}, 400, "Invalid 'input': maximum request size is 300000 tokens per request.",
     "input", "max_tokens_per_request"),
    ({"input": "tea", "encoding_format": "hex"}, 400, "Invalid value: 'hex'. Supported values are: 'float' and "
     "'base64'.", "encoding_format", "invalid_value"),
]  # fmt: skip


@pytest.mark.parametrize("refusal", REFUSALS, ids=range(len(REFUSALS)))
def test_a_request_that_does_not_fit_is_told_so_as_openai_tells_it(server, refusal) -> None:
    asked, status, message, param, code = refusal
    answer = server.http.post(URL, json={"model": SMALL} | asked, headers={"x-lab-pace": "instant"})
    told = {"message": message, "type": "invalid_request_error", "param": param, "code": code}
    assert (answer.status_code, answer.json()) == (status, {"error": told})
