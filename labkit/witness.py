"""What the server saw, asked over HTTP: exchanges, faults, doors of one sandbox. Speaks to `/lab`; judges nothing."""

from collections.abc import Mapping
from typing import Any, Self

import httpx2

from labkit.exchange import Exchange

LONGEST_WAIT = 30.0  # seconds that the server lets anybody wait


class WitnessError(RuntimeError):
    """The control plane did not do what was asked. The message carries the server's own words and the cure."""

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows of it: the message. Where in our files it was raised helps nobody (IPython asks)."""
        return [f"{type(self).__name__}: {self}"]


class Witness:
    """One sandbox's control plane. Close it, or use it with `with`."""

    def __init__(self, url: str, key: str) -> None:
        self.url = url
        self.key = key
        self._http = httpx2.Client(
            base_url=url, headers={"authorization": f"Bearer {key}"}, trust_env=False, verify=False, timeout=35
        )

    @classmethod
    def of_new_sandbox(cls, url: str, *, seed: int, name: str = "") -> Self:
        """Make a sandbox and hold its control plane; one with a name outlives the server.

        Raises WitnessError where the server refuses.
        """
        with httpx2.Client(base_url=url, trust_env=False, verify=False, timeout=10) as http:
            made = _told(http.post("/lab/sandboxes", json={"name": name, "seed": seed}))
        return cls(url, made["key"])

    def exchanges(
        self,
        *,
        wait: float = 1.0,
        path: str | None = None,
        method: str | None = None,
        status: int | str | None = None,
        kind: str | None = None,
        malformed: bool | None = None,
        since: int | None = None,
        open: bool | None = None,
        last: int | None = None,
        origin: str | None = None,
    ) -> list[Exchange]:
        """What is in the journal, oldest first; all conditions hold together, and without any it is everything.

        `path` is a shell-style pattern, `status` a number or a class such as "4xx", `kind` http or websocket, `since`
        the number of an exchange, `open` True for those that have not ended, `last` how many of the newest; `origin`
        "stranger" asks the journal of the second origin. Waits up to `wait` seconds (LONGEST_WAIT at the most) for
        open exchanges to end. Raises WitnessError, in the server's words, for a condition that cannot be.
        """
        asked: dict[str, Any] = {"path": path, "method": method, "status": status, "kind": kind, "malformed": malformed}
        asked |= {"since": since, "open": open, "last": last, "origin": origin, "wait": min(wait, LONGEST_WAIT)}
        found = self._ask("GET", "/lab/journal", params=_said(asked))
        return [Exchange.from_json(record) for record in found["exchanges"]]

    def add_fault(
        self,
        plan: str,
        *,
        path: str = "*",
        first: int | None = None,
        every: int | None = None,
        probability: float | None = None,
        ttl: float | None = None,
    ) -> str:
        """Break the next answer whose path matches, or the `first` few; gives back the plan as the server spells it.

        `every` breaks only every so many-th of them, `probability` by chance from the sandbox's seed, `ttl` for so
        many seconds; with one of these and no `first` the rule does not end by itself.
        """
        rule = {"plan": plan, "path": path, "first": first, "every": every, "probability": probability, "ttl": ttl}
        return str(self._ask("POST", "/lab/faults", json=_said(rule))["plan"])

    def faults(self) -> tuple[list[dict[str, Any]], dict[str, str]]:
        """(the rules in force, fault -> what it does)."""
        found = self._ask("GET", "/lab/faults")
        return found["rules"], {name: row["does"] for name, row in found["faults"].items()}

    def fault_table(self) -> dict[str, dict[str, Any]]:
        """Fault -> what it `does`, what it `strikes`, its `settings` with their bounds, as the server tells it."""
        table: dict[str, dict[str, Any]] = self._ask("GET", "/lab/faults")["faults"]
        return table

    def auth(self, **policy: Any) -> dict[str, Any]:
        """What this sandbox's tokens are signed with, and how they live; `policy` sets that first, all of it anew.

        `expires_in` seconds and `uses` are the most that a token gets; `required` refuses who comes to the door without
        a credential.
        """
        return self._ask("PUT", "/lab/auth", json=policy) if policy else self._ask("GET", "/lab/auth")

    def expire_tokens(self) -> int:
        """Every access token that is out ends now, as if its time had come; returns how many those were."""
        return int(self._ask("DELETE", "/lab/auth/tokens")["expired"])

    def open_stranger(self) -> str:
        """A second origin for this sandbox, where the fault `redirect` leads; gives its url."""
        return str(self._ask("POST", "/lab/stranger")["url"])

    def close_stranger(self) -> None:
        self._ask("DELETE", "/lab/stranger")

    def clear_faults(self) -> None:
        self._ask("DELETE", "/lab/faults")

    def hang_up(self) -> int:
        """Close every connection of this sandbox that still waits; frees a client that hangs."""
        return int(self._ask("POST", "/lab/hangup")["closed"])

    def open_door(self) -> str:
        """A listener for this sandbox alone; gives its url."""
        return str(self._ask("POST", "/lab/door")["url"])

    def close_door(self) -> None:
        self._ask("DELETE", "/lab/door")

    def end(self) -> None:
        """End the sandbox; its key opens nothing any more."""
        try:
            self._ask("DELETE", "/lab/sandboxes")
        finally:
            self.close()

    def _ask(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        try:
            return _told(self._http.request(method, path, **options))
        except httpx2.TransportError:
            raise WitnessError(
                "The lab server does not answer. Run the `labkit.open` cell again: it starts one where there is none."
            ) from None

    def close(self) -> None:
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _said(options: Mapping[str, Any]) -> dict[str, Any]:
    """What the caller said, and nothing of what was left to the server."""
    return {name: value for name, value in options.items() if value is not None}


def _told(answer: httpx2.Response) -> dict[str, Any]:
    if answer.is_success:
        body: dict[str, Any] = answer.json() if answer.content else {}
        return body
    try:
        message = answer.json()["error"]["message"]
    except (ValueError, KeyError, TypeError):
        message = f"the lab server answered {answer.status_code}"
    if answer.status_code == 401:
        message = "The lab server does not know this lab any more: it was restarted. Run the `labkit.open` cell again."
    raise WitnessError(message)
