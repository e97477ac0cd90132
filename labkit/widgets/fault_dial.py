"""The fault dial: choose how the next answers break, see the plan, apply it, clear it. Knows the witness, no wire."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Protocol

import traitlets

from labkit.widgets.shown import HERE, Shown
from labkit.witness import Witness, WitnessError

OVER = "Nothing is in force any more: answers are honest again."


class Judged(Protocol):
    """What `labkit.open` gives back: a lab with a control plane."""

    witness: Witness


class FaultDial(Shown):
    """`table` is the server's own: fault -> what it does, its settings. `rules` are those in force, in words."""

    _esm = HERE / "fault_dial.js"
    table: "traitlets.Dict[str, dict[str, Any]]" = traitlets.Dict().tag(sync=True)
    rules: traitlets.List[str] = traitlets.List().tag(sync=True)
    said = traitlets.Unicode().tag(sync=True)
    failed = traitlets.Bool(False).tag(sync=True)
    told = traitlets.Int(0).tag(sync=True)  # how often it has answered: the same words twice are still an answer
    looked = traitlets.Int(0).tag(sync=True)  # how often the page has looked by itself

    def __init__(self, witness: Witness) -> None:
        self._witness = witness
        super().__init__(table=witness.fault_table())
        self.refresh()
        self.on_msg(self._heard)

    @property
    def says(self) -> str:
        return "Fault dial. Without a widget: lab.fault(plan), lab.fault(None) takes all back, lab.faults() lists."

    def apply(self, plan: str, path: str = "*", first: int = 1) -> str:
        """Break the next `first` answers whose path matches; the plan as the server spells it. Raises WitnessError."""
        spelled = self._witness.add_fault(plan, path=path or "*", first=first)
        self.refresh()
        return spelled

    def clear(self) -> None:
        """Take all rules of this sandbox back."""
        self._witness.clear_faults()
        self.refresh()

    def refresh(self) -> None:
        """Ask the server what is in force now: a rule that has struck is gone."""
        self.rules = [_in_words(rule) for rule in self._witness.faults()[0]]

    def _heard(self, _: Any, message: dict[str, Any], __: Any) -> None:
        if message.get("do") == "watch":
            self._watch()
            return
        try:
            said, self.failed = self._done(message), False
        except WitnessError as error:
            said, self.failed = str(error), True
        with self.hold_sync():
            self.said, self.told = said, self.told + 1

    def _watch(self) -> None:
        """The page looks by itself, and speaks only where no rule is left: struck, too old, or taken back."""
        with suppress(WitnessError), self.hold_sync():  # whoever presses a button is told that nobody answers
            before, self.looked = self.rules, self.looked + 1
            self.refresh()
            if before and not self.rules:
                self.said, self.failed, self.told = OVER, False, self.told + 1

    def _done(self, message: Mapping[str, Any]) -> str:
        match message:
            case {"do": "apply", "plan": str(plan), "path": str(path), "first": int(first)}:
                return f"In force: {self.apply(plan, path, first)}"
            case {"do": "clear"}:
                self.clear()
                return "All answers are honest again."
        self.refresh()
        return "This is what is in force now."


def _in_words(rule: Mapping[str, Any]) -> str:
    left = "without end" if rule["first"] is None else f"{rule['first']} left"
    return f"{rule['plan']} on {rule['path']}: {left}, struck {rule['struck']} of {rule['seen']} seen"


def dial(lab: Judged) -> FaultDial:
    """A dial for this lab's sandbox: `dial(lab)` as a cell's last line."""
    return FaultDial(lab.witness)
