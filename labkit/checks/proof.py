"""What goes on a card: a verdict, and short evidence for it. Pure; knows no server and no exercise."""

from collections.abc import Sequence

from labkit.exchange import Exchange
from labkit.render import escaped, keyless

WIDTH = 90
CHUNK = 6  # bytes shown of each chunk
BEFORE, AFTER = 12, 24  # characters shown around the place where two texts part


def verdict(right: bool, what: str) -> str:
    """`what`, which begins with a small letter, as a sentence that says whether at least the value was right."""
    return f"Your answer is right. The way to it is not: {what}" if right else what[0].upper() + what[1:]


def brief(exchange: Exchange, headers: Sequence[str] = (), *, chunks: int = 0) -> str:
    """The exchange in a few lines: the request line, the `headers` asked for, the status, the deltas, the end.

    `chunks` is how many of the first pieces of the body to show, one by one.
    """
    lines = [f"→ {exchange.request.start}"]
    for name in headers:
        sent = [f"→ {key}: {value}" for key, value in exchange.request.headers if key.lower() == name.lower()]
        lines += sent or [f"  (no {name} header)"]
    if exchange.request_body:
        lines.append(f"→ {_short(escaped(exchange.request_body))}")
    lines.append(f"← {exchange.response.start}" if exchange.sent_by_server else "← (nothing)")
    if chunks and exchange.chunks:
        first = " | ".join(escaped(data[:CHUNK]) for _, data in exchange.chunks[:chunks])
        lines.append(f"← {counted(len(exchange.chunks), 'chunk')}: {first} …")
    elif (exchange.status or 0) >= 400 and exchange.body:
        lines.append(f"← {_short(escaped(exchange.body))}")
    if exchange.events:
        said = f"{counted(len(exchange.deltas), 'delta')}: {_short(escaped(_said(exchange).encode()))}"
        mute = f"{counted(len(exchange.events), 'event')}, no words in them"
        lines.append(f"← {said if exchange.deltas else mute}")
        lines.append(f"← last event: {_short(escaped(exchange.events[-1].data.encode()))}")
    fault = f" ({exchange.fault})" if exchange.fault else ""
    return keyless("\n".join([*lines, f"= HTTP answer: {exchange.ended or 'still open'}{fault}"]))


def each(exchanges: Sequence[Exchange], most: int = 3) -> str:
    """The request lines and statuses of several exchanges."""
    lines = [f"→ {one.request.start}  ← {one.status or 'nothing'}, {one.ended}" for one in exchanges[:most]]
    return "\n".join([*lines, *([f"… and {len(exchanges) - most} more"] if len(exchanges) > most else [])])


def parted(expected: str, seen: str) -> tuple[str, str]:
    """Both texts, as quoted excerpts around the first character in which they differ."""
    same = 0
    while same < min(len(expected), len(seen)) and expected[same] == seen[same]:
        same += 1
    return _around(expected, same), _around(seen, same)


def quoted(value: object, width: int = 60) -> str:
    """A value as Python shows it, shortened in the middle."""
    return _short(repr(value), width)


def counted(number: int, noun: str) -> str:
    """`1 delta`, `3 deltas`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _said(exchange: Exchange) -> str:
    return "".join(text for _, text in exchange.deltas)


def _around(text: str, place: int) -> str:
    start, end = max(0, place - BEFORE), place + AFTER
    inside = repr(text[start:end])
    return f"{'… ' if start else ''}{inside}{' …' if end < len(text) else ''} ({counted(len(text), 'character')})"


def _short(text: str, width: int = WIDTH) -> str:
    """The beginning and, mostly, the end of a text that is too long: in JSON the news stands at the end."""
    if len(text) <= width:
        return text
    first = width // 3
    return f"{text[:first]} … {text[-(width - first - 3) :]}"
