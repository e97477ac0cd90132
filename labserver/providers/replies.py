"""What to say to a message: the first occasion that fits. Knows the order of occasions; knows no tokens, no events."""

from collections.abc import Callable
from dataclasses import replace

from labserver.providers import memory, skills
from labserver.providers.comparing import compared
from labserver.providers.conversation import follow_up
from labserver.providers.followups import followed_up
from labserver.providers.turn import Turn, quote
from labserver.providers.wishes import sentences_wanted, shorten

Occasion = Callable[[Turn], str | None]


def reply(turn: Turn) -> str:
    """The whole answer, as short as the message or the system prompt wishes it to be."""
    if (exact := _first(EXACT, turn)) is not None:
        return exact
    text = _first(SPOKEN, turn) or fallback(turn)
    wanted = sentences_wanted(turn.prompt) or sentences_wanted(turn.conversation.system)
    return shorten(text, wanted) if wanted else text


def pictured(turn: Turn) -> str | None:
    """Pictures are counted and never looked at, let alone fetched."""
    images = turn.conversation.images
    return turn.say("pictures", pictures="one image" if images == 1 else f"{images} images") if images else None


def silence(turn: Turn) -> str | None:
    return None if turn.prompt.strip() or turn.conversation.images else turn.say("silence", topics=turn.suggest(""))


def skilled(turn: Turn) -> str | None:
    answers = (skill(turn.prompt) for skill in skills.SKILLS)
    return next((answer for answer in answers if answer is not None), None)


def resumed(turn: Turn) -> str | None:
    """`Continue` after an answer that was cut: the rest of it, from the very character on."""
    if follow_up(turn.prompt) != "continue":
        return None
    messages, said = turn.conversation.before_continuing()
    if not said:
        return None
    whole = reply(replace(turn, request=replace(turn.request, messages=messages)))
    return whole[len(said) :] if whole.startswith(said) and whole != said else None


def topic(turn: Turn) -> str | None:
    match = turn.conversation.match(turn.prompt)
    return turn.tell(match.entry) if match else None


def fallback(turn: Turn) -> str:
    return turn.say("fallback", quote=quote(turn.prompt), topics=turn.suggest(turn.prompt))


# The first that does not return None answers; EXACT answers are never shortened.
EXACT: tuple[Occasion, ...] = (
    silence,
    skilled,
    resumed,
    memory.asked_before,
    memory.said_before,
    memory.user_name,
)
SPOKEN: tuple[Occasion, ...] = (
    pictured,
    memory.given_name,
    followed_up,
    memory.introduction,
    compared,
    topic,
    memory.nameless,
)


def _first(occasions: tuple[Occasion, ...], turn: Turn) -> str | None:
    answers = (occasion(turn) for occasion in occasions)
    return next((answer for answer in answers if answer is not None), None)
