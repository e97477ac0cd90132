"""The words of an exercise's scaffold. Every TODO is something that only its author can write."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of the solutions. `about` is solution or why where it belongs to the exercise alone."""

    name: str
    source: str
    code: bool = False
    about: str = ""
    shared: bool = False


FIRST_CELLS = (
    Cell("title", "# {lesson} {lesson_title}: exercises\n\nTODO: one sentence on what these build.", shared=True),
    Cell("start", 'import requests\n\nimport labkit\n\nlab = labkit.open("{lesson}")', code=True, shared=True),
)

CELLS = (
    Cell(
        "prompt",
        """\
## {id} {title}

TODO: why the shop needs it.

- **Write** `{function}(base_url, key)`. TODO: what it takes and returns.
- **Good** means: TODO: which traffic a right answer makes.
- **You will meet** TODO: which fault.

About {minutes} minutes. Stuck? `lab.hint("{id}")`.""",
    ),
    Cell(
        "stub",
        '''\
def {function}(base_url, key):
    """TODO: what it does and returns."""
    # BEGIN SOLUTION
    headers = {{"Authorization": "Bearer " + key}}
    return requests.get(base_url + "/health", headers=headers, timeout=10).json()
    # END SOLUTION''',
        code=True,
        about="solution",
    ),
    Cell("try-text", "Try it. TODO: what to look at."),
    Cell("try", "{function}(lab.url, lab.key)", code=True),
    Cell("check", 'lab.check("{id}", {function})', code=True),
    Cell("why", "### Why it is written like this\n\nTODO: a line for each choice that is not obvious.", about="why"),
)

CHECK = '''\
"""Check of {id}. TODO: what it judges. Knows the journal; knows no notebook."""

from collections.abc import Callable
from typing import Any

from labkit.checks.bench import Bench
from labkit.checks.proof import brief, each, quoted, verdict
from labkit.outcome import Wrong

SEED = {seed}

HINTS = (
    "TODO: the idea, in the learner's words.",
    "TODO: where to look.",
    "Almost the code: TODO: its shape, with the decisive part left out.",
)


def {function}(bench: Bench, answer: Callable[..., Any]) -> str:
    """TODO: what is asked for, and which traffic a right answer makes."""
    scene = bench.scene(SEED)  # TODO: the fault that the prompt promises
    value = bench.call(scene, answer, scene.base_url, scene.key)
    seen = scene.exchanges()
    right = isinstance(value, dict)  # TODO: whether the value is right
    if len(seen) != 1:
        raise Wrong(
            verdict(right, f"it took {{len(seen)}} requests."),
            expected="one request with your key",
            seen=f"{{len(seen)}} requests",
            proof=each(seen),
            look="TODO: one thing to look at next",
            belief="" if right else "{first}",
        )
    if not right:
        raise Wrong(
            "TODO: what is not right, in one sentence.",
            expected="TODO: the value",
            seen=quoted(value),
            proof=brief(seen[0]),
            look="TODO: one thing to look at next",
            belief="{second}",
        )
    return "TODO: one sentence of praise that names what was seen."
'''

ANSWERS = '''\
"""{id}: TODO: what people really send. Knows no check."""

from typing import Any

import requests

from labkit.author.answers import NOT_THE_WAY, right, wrong


@right
def in_a_session(base_url: str, key: str) -> Any:
    """TODO: right, and written differently from the solution."""
    with requests.Session() as session:
        return session.get(base_url + "/health", headers={{"Authorization": f"Bearer {{key}}"}}).json()


@wrong("TODO: words that its card must hold", belief="{first}")
def believes_the_first(base_url: str, key: str) -> Any:
    return None


@wrong("TODO: words that its card must hold", belief="{second}")
def believes_the_second(base_url: str, key: str) -> Any:
    return requests.get(base_url + "/health", headers={{"Authorization": f"Bearer {{key}}"}})


@wrong(NOT_THE_WAY, "TODO: words that its card must hold")
def asks_twice(base_url: str, key: str) -> Any:
    in_a_session(base_url, key)
    return in_a_session(base_url, key)
'''

BELIEF = '''
[{name}]
lesson = "{lesson}"
exercise = "{id}"
belief = "TODO: the belief, in the learner's own words."
source = "TODO: where it was seen"
hint = """TODO: speak to somebody who believes it: why it is not so, what the wire shows of it, and the one place to \\
look at next."""
'''

NEXT = """\
Next:
  1. Write what says TODO: the prompt and the solution in solutions/{notebook}, the judge and its hints in
     labkit/checks/{module}.py, the answers in {answers}, the beliefs in misconceptions.toml. Give the two
     beliefs names of their own, in all of these.
  2. The lesson's first cell says: {due}.
  3. `wirelab dev run {lesson}`, `wirelab dev build`, then `wirelab dev check {lesson}` until it is content.
     While something says TODO, the exercise's answers are not tried."""
