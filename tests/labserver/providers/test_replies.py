import pytest

from labserver.providers.conversation import follow_up, name_in
from labserver.providers.turn import quote
from labserver.providers.wishes import sentences, sentences_wanted, shorten

TEA = "How do I brew green tea?"
UNKNOWN = "What is a qanun?"


# Memory


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("My name is Ada.", "Ada"),
        ("Hi! my name's zoë", "Zoë"),
        ("Please call me Jean-Luc, will you?", "Jean-Luc"),
        ("I am called O'Neill", "O'Neill"),
        ("My name is not important.", None),
        ("I am tired", None),
    ],
)
def test_a_name_is_heard(said: str, name: str | None) -> None:
    assert name_in(said) == name


def test_the_users_name_is_remembered_and_the_newest_one_counts(ask) -> None:
    assert "Ada" in ask("My name is Ada", "Hi Ada!", TEA, "Cooler.", "What is my name?").text
    assert "Bo" in ask("My name is Ada", "Hi!", "No, my name is Bo", "Hi!", "Do you know my name?").text


def test_an_unknown_name_is_not_made_up(ask) -> None:
    assert "not told me your name" in ask("What's my name?", temperature=0).text


def test_an_introduction_is_welcomed_unless_it_comes_with_a_question(ask) -> None:
    assert "Ada" in ask("Hello, my name is Ada.").text
    assert ask(f"My name is Ada. {TEA}", temperature=0).text == ask(TEA, temperature=0).text


def test_the_last_the_first_and_the_own_words_are_recalled(ask) -> None:
    turns = ("What is tea?", "A drink. From leaves.", "And REST?", "A style. Of APIs.")
    assert "“And REST?”" in ask(*turns, "What did I just ask?").text
    assert "“What is tea?”" in ask(*turns, "what was my first question").text
    assert "“A style.”" in ask(*turns, "What did you just say?").text
    assert "“" not in ask("What did I say before?").text


def test_the_assistant_bears_the_name_of_its_system_prompt(ask) -> None:
    system = "You are a helpful assistant. You are Camellia, the voice of the Leaf & Kettle."
    assert all("Camellia" in ask(asked, system=system).text for asked in ["Who are you?", "What's your name?"])
    assert "mock model" in ask("Who are you?", system="You are a helpful assistant.").text


# Follow-ups


@pytest.mark.parametrize("asked", ["Tell me more", "tell me more, please!", "Go on.", "And more about that?"])
def test_more_is_the_entrys_further_material(ask, asked: str) -> None:
    more = ask(TEA, "Cooler water.", asked, temperature=0).text
    assert "sencha" in more
    assert more not in ask(TEA, temperature=0).text


def test_more_of_what_was_told_already_is_honestly_refused(ask) -> None:
    more = ask(TEA, "Cooler water.", "Tell me more", temperature=0).text
    again = ask(TEA, "Cooler water.", "Tell me more", more, "Tell me more about green tea", temperature=0).text
    assert "That is all I have about brewing green tea" in again


def test_a_follow_up_reaches_back_over_introductions_and_other_follow_ups(ask) -> None:
    before = (TEA, "Cooler.", "shorter please", "Cool.", "My name is Ada", "Hi!", "in one sentence", "Cool!")
    assert "sencha" in ask(*before, "tell me more", temperature=0).text


@pytest.mark.parametrize("asked", ["tell me more", "why?", "shorter please", "give me an example"])
@pytest.mark.parametrize("before", [(), (UNKNOWN, "I do not know.")])
def test_a_follow_up_to_nothing_says_so(ask, before: tuple[str, ...], asked: str) -> None:
    assert "no topic from earlier" in ask(*before, asked, temperature=0).text


@pytest.mark.parametrize(("limit", "asked"), [(2, "shorter please"), (1, "In one sentence!"), (2, "Make it shorter?")])
def test_the_same_answer_can_be_had_shorter(ask, limit: int, asked: str) -> None:
    short = ask(TEA, "A long answer.", asked, temperature=0).text
    assert ask(TEA, temperature=0).text.startswith(short)
    assert len(list(sentences(short))) == limit


def test_an_example_and_a_reason_come_from_the_topic(ask) -> None:
    assert ask("python example", "Here.", "Give me an example", temperature=0).text.startswith("```")
    assert "this is the closest that I have" in ask(TEA, "Cooler.", "Why?", temperature=0).text


@pytest.mark.parametrize("limit", [1, 5, 40])
def test_continue_after_a_cut_answer_says_exactly_the_rest(ask, limit: int) -> None:
    whole, cut = ask(TEA, seed=4).text, ask(TEA, seed=4, max_tokens=limit).text
    second = ask(TEA, cut, "continue", seed=4, max_tokens=limit).text
    third = ask(TEA, cut, "continue", second, "go on", seed=4).text
    assert cut + second + third == whole


@pytest.mark.parametrize("text", ["Why is the sky blue?", "tell me more about Rust", "continue a stream", ""])
def test_a_question_of_its_own_is_no_follow_up(text: str) -> None:
    assert follow_up(text) is None


# Wishes


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Explain it in one sentence", 1),
        ("in a single sentence, please", 1),
        ("In a sentence: what is it?", 1),
        ("Answer in three sentences.", 3),
        ("Use 2 sentences", 2),
        ("Explain neural networks briefly", 2),
        ("a short answer please", 2),
        ("Be brief.", 2),
        ("What is a sentence?", None),
        ("Explain it at length", None),
    ],
)
def test_wishes_for_brevity_are_understood(text: str, wanted: int | None) -> None:
    assert sentences_wanted(text) == wanted


def test_the_system_prompt_may_wish_for_brevity_and_the_user_overrules_it(ask) -> None:
    whole = ask(TEA, temperature=0).text
    one = ask(TEA, temperature=0, system="Answer in one sentence.").text
    two = ask(f"{TEA} In two sentences.", temperature=0, system="Answer in one sentence.").text
    assert whole.startswith(two)
    assert two.startswith(one)
    assert [len(list(sentences(text))) for text in (one, two)] == [1, 2]


def test_shortening_keeps_whole_sentences_and_promised_code() -> None:
    text = 'It is 3.5 g, e.g. This much. "Really!" he said.\n\nSee:\n\n```\nx = 1. Y\n\nz\n```\n\nDone.'
    assert shorten(text, 1) == "It is 3.5 g, e.g. This much."
    assert shorten(text, 2) == 'It is 3.5 g, e.g. This much. "Really!" he said.'
    assert shorten(text, 3) == text.removesuffix("\n\nDone.")
    assert shorten(text, 9) == text


# Comparing


def test_an_entry_about_both_answers_in_either_order(ask) -> None:
    both = {ask(asked, temperature=0).text for asked in ["Loose leaf vs bags", "bags vs loose leaf"]}
    assert len(both) == 1
    assert "Here are both" not in both.pop()


def test_two_entries_are_put_side_by_side(ask) -> None:
    text = ask("What is the difference between oolong and white tea?", temperature=0).text
    oolong, white = (ask(tea, temperature=0).text.split("\n\n")[0] for tea in ("oolong", "white tea"))
    assert text == f"Here are both, one after the other.\n\n{oolong}\n\n{white}"


def test_what_is_half_known_is_not_compared(ask) -> None:
    assert "“qanun”" in ask("oolong vs qanun").text


# Honesty


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("asked", [UNKNOWN, "Who won the world cup in 1974, and where was the final played, exactly?"])
def test_the_fallback_is_honest_useful_and_of_decent_length(ask, asked: str, seed: int) -> None:
    text = ask(asked, seed=seed).text
    assert "small mock model that ships with this lab" in text
    assert f"“{quote(asked)}”" in text
    assert "real provider" in text
    assert 40 <= len(text.split()) <= 70


@pytest.mark.parametrize(
    "text", ["x" * 500, "word " * 90, "a\nb\r\n\tc", "\u202e\x00 \ud800 tea", "x " * 29 + "y" * 9, "ab"]
)
def test_a_quote_is_one_short_line(text: str) -> None:
    quoted = quote(text)
    assert 0 < len(quoted) <= 60
    assert quoted.isprintable()
    assert quoted.endswith("…") == (len(" ".join(text.split())) > 60 or len(text.split()) > 10)


@pytest.mark.parametrize("asked", ["", "   \n"])
def test_an_empty_message_is_called_empty(ask, asked: str) -> None:
    assert "without any words" in ask(asked).text or "is empty" in ask(asked).text


def test_the_users_own_bars_and_braces_are_quoted_not_obeyed(ask) -> None:
    assert "“zyx | {topics} {0}”" in ask("zyx | {topics} {0}").text
