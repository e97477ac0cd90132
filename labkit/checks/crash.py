"""What to look at after an exception in the learner's code, by its class. Pure; knows no exercise."""

from collections.abc import Sequence

from labkit.exchange import Exchange

ADDRESS = "print the address just before that line: where do base_url and the path meet?"
NO_SCHEME = "a path alone is no address: an address begins with `base_url`. Where is it in that line?"
GIVEN = "the library broke on what you gave it in that line: print `type(…)` of each argument (`headers=` wants a dict)"
NOBODY = "nobody answered at the address in that line: is it base_url, as your function was given it?"
ANSWERED = "what the server says in the body of that answer, and what in the request made it say so"
STATUS = "that line makes an exception of a status. Is the status your mistake, or just what the exercise asks for?"
LATE = "which answer is that line waiting for, and did the server have a reason to send more?"
DEFAULT = "the last line of the error, then the line of yours that it names"

# The name of an exception's class, or of one that it descends from -> where to look. First match in its ancestry.
LOOKS = {
    "UnicodeDecodeError": "print the bytes that this line is given: may a piece end in the middle of a character?",
    "JSONDecodeError": "print what that line is given: is it JSON, and is it whole?",
    "IndexError": "print the list just before that line: when is it shorter than you think?",
    "KeyError": "print the whole dict just before that line: which keys does it have?",
    "AttributeError": "print `type(…)` of what stands left of the dot in that line",
    "TypeError": "print `type(…)` of each thing in that line: which one is not what you think?",
    "UnboundLocalError": "the `if` or the loop that gives this name its value never did: print what it looks at",
    "NameError": "where is that name defined? A restarted kernel has forgotten it: run the cells above again",
    "ModuleNotFoundError": "the spelling of the import; everything that this course needs is installed already",
    "InvalidURL": ADDRESS,
    "MissingSchema": NO_SCHEME,
    "InvalidSchema": ADDRESS,
    "UnsupportedProtocol": ADDRESS,
    "Timeout": LATE,
    "TimeoutException": LATE,
    "APITimeoutError": LATE,
    "ConnectionError": NOBODY,
    "ConnectError": NOBODY,
    "APIConnectionError": NOBODY,
    "TransportError": NOBODY,
    "HTTPError": STATUS,
    "HTTPStatusError": STATUS,
    "APIStatusError": ANSWERED,
}


def look(names: Sequence[str], last: Exchange | None, *, below: bool = False) -> str:
    """Where to look after an error whose class and ancestors have these names, if this was the last exchange.

    `below` says that it was raised further down than in the learner's own line: in a library that they had called.
    """
    if below and names[0] in ("AttributeError", "TypeError"):
        return GIVEN
    found = next((LOOKS[name] for name in names if name in LOOKS), DEFAULT)
    refused = last is not None and (last.status or 0) >= 400
    broke = found == NOBODY and last is not None
    if broke:
        return "the connection was there, and broke: which lines must survive that?"
    return ANSWERED if refused and found != STATUS else found


def seen(fault: str, last: Exchange | None) -> str:
    """What the server can say about it."""
    if fault:
        return f"the answer was broken on purpose: {fault}"
    if last is None:
        return "no request of yours had reached the server"
    refused = (last.status or 0) >= 400
    return f"the server had answered {last.status} to {last.method} {last.path}" if refused else ""
