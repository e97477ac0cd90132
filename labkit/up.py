"""`wirelab up`: copies, lab server, JupyterLab, until asked to stop. Knows the order; knows nothing of the how."""

import signal
import time
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType

from labkit import jupyter, session, workspace
from labkit.runtime import Server

POLL = 0.2  # seconds between two looks at JupyterLab


def _say(line: str) -> None:
    print(line, flush=True)


class LessonNotFound(RuntimeError):
    """No notebook carries that number. The message names those that exist."""


# What can go wrong in ways that a reader can mend: each message names the cure, so no stack trace is due.
TROUBLES = (LessonNotFound, workspace.CourseNotFound, session.SessionError, jupyter.JupyterError)


def up(
    *,
    course: Path | None = None,
    work: Path | None = None,
    lesson: str = "00",
    port: int = session.PORT,
    jupyter_port: int = 8888,
    browser: bool = True,
    say: Callable[[str], None] = _say,
) -> int:
    """Run everything until Ctrl-C, SIGTERM, or JupyterLab's end. Returns the exit code.

    The lab server is ended with the rest if it was started during this call (by us, or by a kernel of ours).
    """
    root = workspace.course_root(course)
    folder = workspace.work_folder(root, work)
    before = session.find()
    with ExitStack() as stack:
        stack.enter_context(_asked_to_stop())
        try:
            with ExitStack() as running:
                running.callback(_end_server, before, say)
                for line in workspace.create(root, folder).lines():
                    say(line)
                notebook = _notebook(folder, lesson)
                server = session.ensure(port=port)
                session.keep_alive(server)
                say("Starting JupyterLab ...")
                lab = running.enter_context(jupyter.running(folder, port=jupyter_port))
                address = lab.address(notebook)
                for line in _welcome(server, before, port, address):
                    say(line)
                if browser:
                    webbrowser.open(address)
                return _until_the_end(lab, say)
        except KeyboardInterrupt:
            say("Stopped.")
            return 0


def _welcome(server: Server, before: Server | None, port: int, address: str) -> list[str]:
    reused = before is not None and before.pid == server.pid
    note = " (was already running; used again)" if reused else ""
    if not reused and server.port != port:
        note = f" (port {port} was taken)"
    last = "Ctrl-C ends JupyterLab; `wirelab down` ends the lab server." if reused else "Ctrl-C ends both."
    return ["", f"  Lab server:  {server.url}{note}", f"  JupyterLab:  {address}", "", last]


def _until_the_end(lab: jupyter.Jupyter, say: Callable[[str], None]) -> int:
    while lab.process.poll() is None:
        time.sleep(POLL)  # not `wait()`: on Windows nothing could interrupt that
    if lab.process.returncode == 0:
        say("JupyterLab was shut down from its own menu.")
        return 0
    say(f"JupyterLab died with exit code {lab.process.returncode}. Its last words:\n{lab.last_words()}")
    say("Run `wirelab up` again; your files are as you saved them. If it happens twice: `wirelab doctor`.")
    return 1


def _end_server(before: Server | None, say: Callable[[str], None]) -> None:
    """End what runs now, unless it ran before us: right even when we were interrupted in the middle of a start."""
    now = session.find()
    if now is not None and (before is None or now.pid != before.pid) and session.stop():
        say("The lab server has ended.")


def _notebook(folder: Path, lesson: str) -> str:
    """The lesson's copy, relative to the work folder."""
    found = sorted((folder / "notebooks").glob(f"{lesson}_*.ipynb"))
    if not found:
        there = ", ".join(path.name[:2] for path in sorted((folder / "notebooks").glob("*.ipynb"))) or "none at all"
        raise LessonNotFound(f"No lesson {lesson} in {folder / 'notebooks'}. There are: {there}.")
    return found[0].relative_to(folder).as_posix()


@contextmanager
def _asked_to_stop() -> Iterator[None]:
    """Inside, the first SIGINT, SIGTERM (SIGHUP, SIGBREAK) raises KeyboardInterrupt; the next are ignored.

    A second Ctrl-C would otherwise cut the clean-up short and leave a server behind.
    """
    names = [name for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name)]
    numbers = [signal.Signals[name] for name in names]
    numbers = [each for each in numbers if each.name != "SIGHUP" or signal.getsignal(each) != signal.SIG_IGN]  # nohup

    def stop(number: int, frame: FrameType | None) -> None:
        for each in numbers:
            signal.signal(each, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = {number: signal.signal(number, stop) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
