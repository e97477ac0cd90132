"""How fast a model is, as data: profiles, and the knobs that a request may turn. Knows no clock and no dice. A leaf.

A profile describes an inference server in the terms of its operators: time to first token (TTFT), tokens per second,
how long reading the prompt takes (prefill), how busy the server is (load), how many answers it writes at once (slots).
"""

from dataclasses import dataclass, field, fields, replace

from labserver.errors import InvalidRequest


@dataclass(frozen=True, slots=True)
class Pace:
    """One way of answering. Without `tail`, `prefill`, `load` and `slots` it is as regular as a metronome with jitter.

    - `ttft`: seconds until the first token of an empty prompt on an idle server
    - `tps`: tokens per second after that
    - `jitter`: each gap varies evenly by up to this part of itself
    - `tail`: sigma of a log-normal factor on the first wait and on each gap, mean 1: most are short, a few are long
    - `prefill`: prompt tokens read per second before the first token; 0 reads them at once
    - `load`: how busy the server is. A request waits in an M/M/1 queue before its prefill, and every gap grows,
      because the batch that is decoded with it is larger
    - `slots`: how many answers of the sandbox are written at once; the others wait for their turn, first come first
      served. 0 is no queue
    - `speed`: how many times as fast all of this happens, or a recorded answer; 0 is at once
    """

    ttft: float = 0.25
    tps: float = 40.0
    jitter: float = 0.3
    tail: float = 0.0
    prefill: float = 0.0
    load: float = 0.0
    slots: float = 0.0
    speed: float = 1.0


BOUNDS = {
    "ttft": (0.0, 30.0),
    "tps": (0.5, 100_000.0),
    "jitter": (0.0, 1.0),
    "tail": (0.0, 2.0),
    "prefill": (0.0, 1_000_000.0),
    "load": (0.0, 0.95),
    "slots": (0.0, 64.0),
    "speed": (0.0, 100.0),
}
LONGEST_WAIT = 60.0  # seconds to the first token, whatever the dice say
LONGEST_GAP = 10.0

PROFILES = {
    "typical": Pace(),
    "instant": Pace(ttft=0.0, tps=100_000.0, jitter=0.0),
    "fast": Pace(ttft=0.12, tps=120.0, jitter=0.2, tail=0.2, prefill=8000.0),
    "slow": Pace(ttft=0.9, tps=12.0, jitter=0.3, tail=0.5, prefill=900.0),
    "reasoning": Pace(ttft=6.0, tps=60.0, jitter=0.3, tail=0.3, prefill=4000.0),
    "busy": Pace(ttft=0.25, tps=40.0, jitter=0.3, tail=0.6, prefill=2500.0, load=0.8),
}
USUAL = "typical"
MODELS = {  # mock models whose names say how fast they are; every other model is as usual
    "tea-instant": "instant",
    "tea-fast": "fast",
    "tea-slow": "slow",
    "tea-reasoning": "reasoning",
    "tea-busy": "busy",
}
EXAMPLE = "x-lab-pace: slow, or ttft=0.2;tps=50;jitter=0, or a profile and some knobs: slow;load=0.5"


@dataclass(frozen=True, slots=True)
class Wish:
    """What a request's `x-lab-pace` says: a profile, or none (then the model's own counts), and the knobs it turns."""

    profile: str | None = None
    knobs: dict[str, float] = field(default_factory=dict)

    def pace(self, usual: Pace = PROFILES[USUAL]) -> Pace:
        """The pace of an answer whose model has this one of its own."""
        pace = usual if self.profile is None else PROFILES[self.profile]
        return replace(pace, **self.knobs) if self.knobs else pace


def parse(text: str) -> Wish:
    """Read `slow`, `ttft=0.2;tps=50`, or `slow;load=0.5`. Raises InvalidRequest naming the bounds and the cure."""
    wish = Wish()
    for part in filter(None, (part.strip() for part in text.split(";"))):
        name, equals, value = part.partition("=")
        wish = replace(wish, knobs=wish.knobs | {name: _number(name, value)}) if equals else _profile(wish, name)
    return wish


def _profile(wish: Wish, name: str) -> Wish:
    if name not in PROFILES:
        raise InvalidRequest(f"x-lab-pace has no profile {name!r}. It has {', '.join(PROFILES)}. Write {EXAMPLE}.")
    if wish.profile is not None:
        raise InvalidRequest(f"x-lab-pace names two profiles, {wish.profile} and {name}. Write one.")
    return replace(wish, profile=name)


def _number(name: str, value: str) -> float:
    if name not in BOUNDS:
        raise InvalidRequest(f"x-lab-pace has no knob {name!r}. It has {', '.join(BOUNDS)}. Write {EXAMPLE}.")
    low, high = BOUNDS[name]
    try:
        number = float(value)
    except ValueError:
        number = float("nan")
    if not low <= number <= high:
        raise InvalidRequest(f"x-lab-pace: {name} must be a number from {low:g} to {high:g}, not {value!r}.")
    if name == "slots" and number != int(number):
        raise InvalidRequest(f"x-lab-pace: slots must be a whole number, not {value!r}.")
    return number


assert set(BOUNDS) == {knob.name for knob in fields(Pace)}
