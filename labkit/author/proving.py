"""All claims proved at once: a few processes, a lab server per pace. Knows processes; judges nothing itself.

Processes and not threads, because an answer may leave sockets open, switch off the garbage collector or print, and
its neighbour must not notice. Most of a proof is waiting, so there are more processes than cores.
"""

import io
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import redirect_stdout
from multiprocessing import get_context

from labkit.author import proof, witness_server
from labkit.author.problem import Problem
from labkit.author.proof import Claim

WORKERS = 4

Proved = Callable[[Claim, Sequence[Problem]], None]
Tried = tuple[Claim, list[Problem]]


def prove(claims: Sequence[Claim], variables: Mapping[str, str], proved: Proved) -> list[Tried]:
    """Every claim with what it leaves to be mended, in the order given; `proved` hears of each one as it ends.

    `variables` is the lab server's environment. Raises NotServed where none would start.
    """
    if not claims:
        return []
    found: dict[Claim, list[Problem]] = {}
    scales = {claim.time_scale for claim in claims}
    with (
        ProcessPoolExecutor(min(WORKERS, len(claims)), get_context("spawn")) as pool,
        witness_server.running(scales, variables) as urls,
    ):
        slow_first = sorted(claims, key=lambda claim: -claim.time_scale)
        waiting = {pool.submit(_prove, claim, urls[claim.time_scale]): claim for claim in slow_first}
        try:
            for future in as_completed(waiting):
                claim = waiting[future]
                found[claim] = _result(future, claim)
                proved(claim, found[claim])
        finally:
            pool.shutdown(cancel_futures=True)  # interrupted: those that wait are not begun
    return [(claim, found[claim]) for claim in claims]


def _prove(claim: Claim, url: str) -> list[Problem]:
    with redirect_stdout(io.StringIO()):  # what an answer prints is nobody's finding
        return proof.prove(claim, url)


def _result(future: "Future[list[Problem]]", claim: Claim) -> list[Problem]:
    try:
        return future.result()
    except BrokenProcessPool:
        what = f"{claim.exercise}: the process that tried {claim.name}, or one beside it, ended."
        return [Problem(claim.file, None, what, "Look for an answer that ends its process; then check again.")]
