"""Who is who and what was said: answers from the conversation itself. Knows no topic of the library.

Each function answers on its own occasion and returns None on any other.
"""

import re
from collections.abc import Sequence

from labserver.providers.conversation import name_in, without_name
from labserver.providers.turn import Turn, quote
from labserver.providers.wishes import sentences
from labserver.providers.words import sentence

REMEMBER = r"(?:(?:do you|can you) (?:still )?(?:know|remember|tell me) )?"
USER_NAME_ASKED = re.compile(rf"{REMEMBER}(?:what is my name|what my name is|my name|who am i|what am i called)")
BOT_NAME_ASKED = re.compile(r"(?:(?:hello|hi|hey) )?(?:and )?(?:who are you|what is your name|what are you called)")
ASKED_BEFORE = re.compile(
    rf"{REMEMBER}(?:what (?:did i|was i|have i|i) (?:just |last )?(?:ask|say|tell|asked|said|asking|saying)"
    r"(?: you)?(?: just| last| now| earlier| before| first)*"
    r"|what was my (?:very )?(?:last|previous|first|earlier) (?:question|message))"
)
SAID_BEFORE = re.compile(
    rf"{REMEMBER}(?:what (?:did you|have you) (?:just )?(?:say|said|answer|answered|tell me|reply)"
    r"(?: just| now| earlier| before)*|what was your (?:last|previous) (?:answer|reply|message))"
)
RECALLED_LETTERS, RECALLED_WORDS = 200, 40


def user_name(turn: Turn) -> str | None:
    if not USER_NAME_ASKED.fullmatch(sentence(turn.prompt)):
        return None
    name = turn.conversation.user_name
    return turn.say("your_name", user=name) if name else turn.say("name_unknown")


def introduction(turn: Turn) -> str | None:
    """`Hi, my name is Ada.` -> a welcome; not when the same message asks for a topic."""
    name = name_in(turn.prompt)
    match = turn.conversation.match(without_name(turn.prompt))
    return turn.say("meet", user=name) if name and not (match and match.is_topical) else None


def given_name(turn: Turn) -> str | None:
    """The name that a system prompt gave us."""
    name = turn.conversation.bot_name
    return turn.say("my_name", bot=name) if name and BOT_NAME_ASKED.fullmatch(sentence(turn.prompt)) else None


def nameless(turn: Turn) -> str | None:
    """Who we are when neither a system prompt nor the library says so."""
    asked = BOT_NAME_ASKED.fullmatch(sentence(turn.prompt))
    return turn.say("nameless", topics=turn.suggest("")) if asked else None


def asked_before(turn: Turn) -> str | None:
    spoken, earlier = sentence(turn.prompt), turn.conversation.earlier
    if not ASKED_BEFORE.fullmatch(spoken):
        return None
    return _recall(turn, "you_asked", earlier[::-1] if "first" in spoken.split() else earlier)


def said_before(turn: Turn) -> str | None:
    if not SAID_BEFORE.fullmatch(sentence(turn.prompt)):
        return None
    return _recall(turn, "i_said", [next(sentences(answer), "") for answer in turn.conversation.answers])


def _recall(turn: Turn, occasion: str, turns: Sequence[str]) -> str:
    if not turns:
        return turn.say("nothing_said")
    return turn.say(occasion, quote=quote(turns[0], RECALLED_LETTERS, RECALLED_WORDS))
