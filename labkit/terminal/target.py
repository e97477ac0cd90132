"""Which lab server a verb of the terminal means, and whose sandbox. Knows the environment's word; sends nothing."""

from dataclasses import dataclass

from labkit import runtime, session
from labkit.witness import WitnessError

NOWHERE = (
    "No lab server is running. `wirelab up` or `wirelab serve --solo` starts one; of another, say where: --url "
    "http://127.0.0.1:8001 (LABKIT_URL)."
)
UNKNOWN = (
    "The lab server does not know this key: it was restarted, or the key is of another. In your notebook run the "
    "`labkit.open` cell again and take `lab.key`; without --key (LABKIT_KEY) you are in the open sandbox."
)


class Trouble(RuntimeError):
    """What the terminal is told, with the cure."""


TROUBLES = (Trouble, WitnessError, session.SessionError)


@dataclass(frozen=True, slots=True)
class Target:
    """`key` is empty for the open sandbox; `url` has no closing slash."""

    url: str
    key: str

    @property
    def ws_url(self) -> str:
        return self.url.replace("http", "ws", 1)

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.key}"} if self.key else {}

    @property
    def whose(self) -> str:
        return "your sandbox" if self.key else "the open sandbox"


def aim(key: str | None, url: str | None) -> Target:
    """As it was said, else as the environment says, else this home's server and its open sandbox. Raises Trouble."""
    here = runtime.environment()
    where = url or here.url
    if not where:
        server = runtime.written()  # not `session.find`: its own request would stand in the journal that we read
        if server is None or not runtime.lives(server):
            raise Trouble(NOWHERE)
        where = server.url
    if not where.startswith(("http://", "https://")):
        raise Trouble(f"--url is an address such as http://127.0.0.1:8001, not {where!r}.")
    return Target(where.rstrip("/"), here.key if key is None else key)
