"""Claims about what a provider says when it does not answer."""

from typing import Any

from labserver.parity.heard import Heard, short
from labserver.parity.target import WRONG_KEY, Target
from labserver.parity.verdict import NotOffered, expect

FIELDS = {"message", "type", "param", "code"}
NO_MODEL = "wirelab-parity-has-no-such-model"


def an_error_has_four_fields(target: Target) -> None:
    for heard in (_unnamed(target), _misfit(target)):
        fields = set(_error(heard))
        missing, more = sorted(FIELDS - fields), sorted(fields - FIELDS)
        expect(not missing, f"{heard.status} without {', '.join(missing)}: {short(heard.text)}")
        expect(not more, f"{heard.status} with {', '.join(more)} too: {short(heard.text)}")


def a_wrong_key_is_a_401(target: Target) -> None:
    heard = target.post("/chat/completions", target.body(), WRONG_KEY)
    if heard.status == 200 and not target.preset.needs_key:
        raise NotOffered("it takes any key")
    error = _error(heard)
    expect(heard.status == 401, f"a wrong key is answered {heard.status}: {short(heard.complaint)}")
    expect(error.get("code") == "invalid_api_key", f"401 with the code {short(error.get('code'))}")


def an_unknown_model_is_a_404(target: Target) -> None:
    heard = _unnamed(target)
    error = _error(heard)
    expect(heard.status == 404, f"an unknown model is answered {heard.status}: {short(heard.complaint)}")
    expect(error.get("code") == "model_not_found", f"404 with the code {short(error.get('code'))}")


def a_misfit_names_its_parameter(target: Target) -> None:
    heard = _misfit(target)
    error = _error(heard)
    expect(heard.status == 400, f"a temperature that is a word is answered {heard.status}: {short(heard.complaint)}")
    expect(error.get("param") == "temperature", f"400 with the param {short(error.get('param'))}")


def a_refused_stream_is_plain_json(target: Target) -> None:
    heard = target.streamed(model=NO_MODEL)
    expect(heard.status >= 400, f"a stream of an unknown model begins with {heard.status}")
    expect(heard.media_type == "application/json", f"{heard.status} as {heard.headers.get('content-type', '(none)')}")
    _error(heard)


def _unnamed(target: Target) -> Heard:
    return target.chat(model=NO_MODEL)


def _misfit(target: Target) -> Heard:
    return target.chat(temperature="hot")


def _error(heard: Heard) -> dict[str, Any]:
    """Raises Differs where no `error` object came."""
    expect(heard.status >= 400, f"{heard.sought} was answered {heard.status}, not refused")
    error = heard.json.get("error") if isinstance(heard.json, dict) else None
    expect(isinstance(error, dict), f"{heard.status} without an `error` object: {short(heard.text)}")
    return dict(error)  # type: ignore[arg-type] # expect has seen it
