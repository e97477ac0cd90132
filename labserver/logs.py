"""What may not stand in a log: keys. A filter for uvicorn's own lines, which print a WebSocket's query. A leaf."""

import logging
import re

KEY_IN_QUERY = re.compile(r"([?&]key=)[^&\s\"]+")
FALSE_ALARM = "ASGI callable returned without completing handshake."


class Discreet(logging.Filter):
    """Blots out `?key=`; drops one line that uvicorn 0.54 logs for every WebSocket that is refused as plain HTTP."""

    def filter(self, record: logging.LogRecord) -> bool:
        said = record.getMessage()
        if said == FALSE_ALARM:
            return False
        record.msg, record.args = KEY_IN_QUERY.sub(r"\1[key]", said), ()
        return True


def install() -> None:
    logging.getLogger("uvicorn.error").addFilter(Discreet())
