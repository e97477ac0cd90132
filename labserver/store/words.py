"""Text as `?q=` compares it: composed, case-folded, on one line. A leaf."""

import unicodedata


def folded(text: str) -> str:
    """Two spellings that a reader takes for the same, GRÜN and gru + ¨ + n, become equal."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def searchable(*parts: str | list[str] | None) -> str:
    """All words of a row; a line break keeps one field's end from meeting the next one's start."""
    texts = (text for part in parts for text in (part if isinstance(part, list) else [part]) if text)
    return "\n".join(folded(text) for text in texts)
