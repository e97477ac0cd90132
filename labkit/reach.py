"""Where a browser finds the lab server. Knows Jupyter's base URL and the door in it; speaks no HTTP.

A kernel and the lab server share a machine, so a learner's code calls 127.0.0.1. A browser may sit elsewhere: before a
hub, Binder or a container it reaches nothing but Jupyter. What is shown for it goes through Jupyter, as a path without
scheme and host: a notebook's page resolves it against the address that the browser itself used.
"""

from labkit import runtime

DOOR = "wirelab/"  # under Jupyter's base URL; the lab server's own pages link to each other relatively
INSPECTOR = "inspector"  # the page that watches, under the lab server's root
TITLE = "Wirelab inspector"


def for_browser(url: str, path: str = "") -> str:
    """The address of `path` (no leading slash) of the lab server at `url`, as the learner's browser reaches it.

    Through our own door where the Jupyter of this kernel has it; on a hub without it through jupyter-server-proxy's
    `proxy/PORT/`; where no Jupyter is near, the address itself. A door's own port (`own_door=True`) has no other way
    than `proxy/PORT/`.
    """
    here = runtime.environment()
    server = runtime.written()
    if here.base_url and server is not None and server.url == url.rstrip("/"):
        return f"{here.base_url}{DOOR}{path}"
    base = here.base_url or here.hub_prefix
    if base:
        return f"{base}proxy/{_port(url)}/{path}"
    return f"{url.rstrip('/')}/{path}"


def _port(url: str) -> int:
    return int(url.rstrip("/").rpartition(":")[2])
