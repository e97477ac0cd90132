"""The real `openai` SDK against the running server: what it gives, what it raises, and what it never notices."""

import openai
import pytest
from openai import OpenAI

WORDS = ["Green", " tea", " is", " good", " 🍵", "."]
MESSAGES = [{"role": "user", "content": "|".join(WORDS)}]
FAST = "ttft=0;tps=10000;jitter=0"
WRONG_KEY = {"Authorization": "Bearer lab-nobody"}


@pytest.fixture
def client(openai_client: OpenAI) -> OpenAI:
    """Without repeats, so that a refusal is seen at once."""
    return openai_client


def stream(client: OpenAI, **more):
    return client.chat.completions.create(model="script", messages=MESSAGES, stream=True, **more)


def words_of(chunks) -> list[str]:
    return [chunk.choices[0].delta.content for chunk in chunks if chunk.choices and chunk.choices[0].delta.content]


def test_models_are_listed_and_found_one_by_one(client: OpenAI) -> None:
    listed = client.models.list().data
    assert "script" in [model.id for model in listed]
    assert len({model.id for model in listed}) == len(listed) >= 3
    for model in listed:
        assert client.models.retrieve(model.id) == model
        assert (model.object, model.owned_by.startswith("wirelab-")) == ("model", True)


def test_a_whole_answer(client: OpenAI) -> None:
    answer = client.chat.completions.create(model="script", messages=MESSAGES)
    assert answer.object == "chat.completion"
    assert answer.id.startswith("chatcmpl-")
    assert answer.model == "script"
    [choice] = answer.choices
    assert (choice.message.role, choice.message.content) == ("assistant", "".join(WORDS))
    assert choice.finish_reason == "stop"
    assert answer.usage.completion_tokens == len(WORDS)
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + len(WORDS)
    assert answer._request_id.startswith("req_")


def test_a_stream_opens_with_the_role_and_ends_with_the_reason(client: OpenAI) -> None:
    with stream(client) as chunks:
        first, *middle, last = list(chunks)
    assert (first.choices[0].delta.role, first.choices[0].delta.content) == ("assistant", "")
    assert words_of(middle) == WORDS
    assert last.choices[0].delta.content is None
    assert last.choices[0].finish_reason == "stop"
    assert {chunk.choices[0].finish_reason for chunk in (first, *middle)} == {None}
    assert len({(chunk.id, chunk.created, chunk.model) for chunk in (first, *middle, last)}) == 1
    assert {chunk.usage for chunk in (first, *middle, last)} == {None}


def test_the_usage_chunk_comes_last_when_it_is_asked_for(client: OpenAI) -> None:
    with stream(client, stream_options={"include_usage": True}) as chunks:
        *others, bill = list(chunks)
    assert bill.choices == []
    assert bill.usage.completion_tokens == len(WORDS)
    assert all(chunk.usage is None and chunk.choices for chunk in others)


def test_a_stream_and_a_whole_answer_to_the_same_question_agree(server) -> None:
    ids, texts = set(), set()
    for streamed in (False, True):
        with OpenAI(
            base_url=f"{server.url}/v1", api_key=server.sandbox(), default_headers={"x-lab-pace": FAST}
        ) as client:
            if streamed:
                with stream(client) as chunks:
                    got = list(chunks)
                ids.add(got[0].id)
                texts.add("".join(words_of(got)))
            else:
                answer = client.chat.completions.create(model="script", messages=MESSAGES)
                ids.add(answer.id)
                texts.add(answer.choices[0].message.content)
    assert (len(ids), texts) == (1, {"".join(WORDS)})


def test_max_tokens_stop_and_n_hold(client: OpenAI) -> None:
    def ask(**more):
        return client.chat.completions.create(model="script", messages=MESSAGES, **more)

    [cut] = ask(max_tokens=2).choices
    assert (cut.message.content, cut.finish_reason) == ("Green tea", "length")
    [stopped] = ask(stop=" good").choices
    assert (stopped.message.content, stopped.finish_reason) == ("Green tea is", "stop")
    three = ask(n=3)
    assert [choice.index for choice in three.choices] == [0, 1, 2]
    assert three.usage.completion_tokens == 3 * len(WORDS)
    with stream(client, n=2) as chunks:
        by_choice = {0: "", 1: ""}
        for chunk in chunks:
            by_choice[chunk.choices[0].index] += chunk.choices[0].delta.content or ""
    assert set(by_choice.values()) == {"".join(WORDS)}


def test_the_sdks_own_helper_for_streams_puts_the_answer_together(client: OpenAI) -> None:
    with client.chat.completions.stream(model="script", messages=MESSAGES) as events:
        deltas = [event.delta for event in events if event.type == "content.delta"]
        final = events.get_final_completion()
    assert deltas == ["", *WORDS], "the role chunk counts as an empty one"
    assert final.choices[0].message.content == "".join(WORDS)


@pytest.mark.parametrize(
    ("wrong", "error", "told"),
    [
        ({"model": "none"}, openai.NotFoundError, ("model_not_found", "model")),
        ({"temperature": 3}, openai.BadRequestError, ("decimal_above_max_value", "temperature")),
        ({"messages": []}, openai.BadRequestError, ("empty_array", "messages")),
        ({"extra_headers": WRONG_KEY}, openai.AuthenticationError, ("invalid_api_key", None)),
        ({"extra_headers": WRONG_KEY, "stream": True}, openai.AuthenticationError, ("invalid_api_key", None)),
        ({"model": "none", "stream": True}, openai.NotFoundError, ("model_not_found", "model")),
        ({"extra_headers": {"x-lab-fault": "late_error;after=0"}}, openai.InternalServerError, ("server_error", None)),
    ],
)
def test_a_refusal_becomes_the_sdks_own_exception(client: OpenAI, wrong, error, told) -> None:
    with pytest.raises(error) as caught:
        client.chat.completions.create(**({"model": "script", "messages": MESSAGES} | wrong))
    assert (caught.value.code, caught.value.param) == told
    assert set(caught.value.body) == {"message", "type", "param", "code"}
    assert caught.value.request_id.startswith("req_")
    assert caught.value.body["message"] in str(caught.value)


def test_an_unknown_path_is_the_sdks_not_found(client: OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as caught:
        client.embeddings.create(model="script", input="tea")
    assert set(caught.value.body) == {"message", "type", "param", "code"}


def test_a_server_error_is_retried_with_every_try_in_the_journal(server, key: str, client: OpenAI) -> None:
    server.http.post("/lab/faults", headers={"x-api-key": key}, json={"plan": "late_error;after=0", "first": 1})
    answer = client.with_options(max_retries=2).chat.completions.create(model="script", messages=MESSAGES)
    assert answer.choices[0].message.content == "".join(WORDS)
    statuses = [record.answered[9:12] for record in server.journal(key)]
    assert statuses == [b"500", b"200"]
