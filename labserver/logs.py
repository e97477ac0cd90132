"""What may not stand in a log: keys. A filter for uvicorn's own lines, which print a WebSocket's query. A leaf."""

import logging
import re

KEY_IN_QUERY = re.compile(r"([?&]key=)[^&\s\"]+")
FALSE_ALARMS = {
    "ASGI callable returned without completing handshake.",  # a WebSocket that is refused as plain HTTP
    "Invalid UTF-8 sequence received from client.",  # with a stack trace, where close code 1007 tells the client
}


class Discreet(logging.Filter):
    """Blots out `?key=`; drops two lines that uvicorn 0.54 logs as errors though nothing failed here."""

    def filter(self, record: logging.LogRecord) -> bool:
        said = record.getMessage()
        if said in FALSE_ALARMS:
            return False
        record.msg, record.args = KEY_IN_QUERY.sub(r"\1[key]", said), ()
        return True


def install() -> None:
    logging.getLogger("uvicorn.error").addFilter(Discreet())
