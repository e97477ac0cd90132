"""The CLAIMS table: what the lessons say of OpenAI's dialect, in words, and the function that looks. One row each.

To add one: a row here, and a way to spoil it in tests/labserver/parity/spoilt.py, so that it is known to go red.
"""

from collections.abc import Callable
from dataclasses import dataclass

from labserver.parity import answers, refusals, responses, streams, tools
from labserver.parity.target import Target


@dataclass(frozen=True, slots=True)
class Claim:
    """`look` returns when it holds, and raises Differs, NotOffered or NotSeen."""

    id: str
    says: str
    lesson: str
    look: Callable[[Target], None]


CLAIMS = (
    Claim("whole.shape", "a whole answer is one chat.completion with message and usage", "10", answers.is_one_object),
    Claim("stream.content-type", "a streamed answer is text/event-stream", "09", streams.is_an_event_stream),
    Claim("stream.framing", "its events have data only: no event, id or retry", "09", streams.is_data_and_nothing_else),
    Claim("stream.one-answer", "all chunks carry the same id, created and model", "10", streams.is_one_answer),
    Claim("stream.role", "the first delta has the role and no words", "10", streams.begins_with_the_role),
    Claim("stream.pieces", "the words come in more than one delta", "10", streams.comes_in_pieces),
    Claim("stream.finish", "one chunk has a finish_reason, its delta is empty", "10", streams.finishes_once),
    Claim("stream.done", "`data: [DONE]` is the last event", "10", streams.finishes_with_done),
    Claim("stream.sdk", "the openai package reads it to its end", "10", streams.the_package_reads_it),
    Claim("stream.leave", "a client may leave early: the next is answered", "10", streams.may_be_left_early),
    Claim("usage.chunk", "asked for usage, the last chunk has it and choices []", "10", streams.bill_has_no_choices),
    Claim("usage.null", "and every chunk before it has usage null", "10", streams.bill_is_null_before),
    Claim("usage.sum", "prompt and completion tokens add up to the total", "10", streams.bill_adds_up),
    Claim("usage.unasked", "without include_usage no chunk has usage", "10", streams.bill_must_be_asked_for),
    Claim("limit.length", "max_tokens ends an answer with finish_reason length", "10", answers.limit_ends_with_length),
    Claim("stop.hidden", "a stop sequence never shows", "10", answers.a_stop_sequence_never_shows),
    Claim("choices.n", "with n=2 each choice has words and an end", "10", streams.two_choices_each_have_their_end),
    Claim("tools.first", "a call begins with its index, id, type and name", "10", tools.the_first_delta_names_the_call),
    Claim("tools.json", "its arguments add up to a JSON object", "10", tools.deltas_add_up_to_json),
    Claim("tools.finish", "the finish_reason is tool_calls", "10", tools.the_stream_finishes_with_tool_calls),
    Claim("tools.whole", "a whole message has the calls too", "10", tools.the_whole_message_has_the_calls),
    Claim("json.object", "response_format json_object gives JSON", "10", answers.json_mode_gives_json),
    Claim("errors.four", "an error has message, type, param and code", "04", refusals.an_error_has_four_fields),
    Claim("errors.401", "a wrong key is a 401, invalid_api_key", "03", refusals.a_wrong_key_is_a_401),
    Claim("errors.404", "an unknown model is a 404, model_not_found", "04", refusals.an_unknown_model_is_a_404),
    Claim("errors.400", "a 400 names its parameter", "04", refusals.a_misfit_names_its_parameter),
    Claim("errors.stream", "a refused stream is plain JSON", "10", refusals.a_refused_stream_is_plain_json),
    Claim("header.request-id", "every answer has x-request-id", "04", answers.has_a_request_id),
    Claim("header.processing", "openai-processing-ms says how long it took", "04", answers.says_how_long_it_took),
    Claim("header.rate-limit", "six x-ratelimit headers tell what is left", "04", answers.tells_the_rate_limit),
    Claim("models.list", "/models lists id, object, created, owned_by", "10", answers.models_are_listed),
    Claim("models.one", "/models/{id} finds one of them", "10", answers.a_model_is_found_by_its_name),
    Claim("responses.names", "a response's events are named by their type", "10", responses.are_named_after_their_type),
    Claim("responses.numbers", "and numbered from 0 without gaps", "10", responses.are_numbered_without_gaps),
    Claim("responses.text", "and their deltas spell the text", "10", responses.deltas_are_the_text),
    Claim("responses.end", "and the last says how it ended; no [DONE]", "10", responses.it_ends_with_its_own_event),
    # Last, for it looks at every answer so far.
    Claim("header.retry-after", "a 429 has Retry-After", "04", answers.a_429_says_when_to_come_back),
)  # fmt: skip
