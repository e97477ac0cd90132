"""The SURFACES table: the whole URL map on one screen. Adding a dialect is one file and one row."""

from fastapi import APIRouter

from labserver.surfaces import health, lab, lab_journal, openai_chat, query, query_socket

SURFACES: dict[str, APIRouter] = {
    "health": health.router,  # /  /health
    "query": query.router,  # POST /api/v1/query  /api/v1/query/stream
    "query_socket": query_socket.router,  # WebSocket /api/v1/query/ws
    "openai_chat": openai_chat.router,  # /v1/models  /v1/chat/completions
    "lab": lab.router,  # /lab  /lab/sandboxes  /lab/faults  /lab/reset
    "lab_journal": lab_journal.router,  # /lab/journal  /lab/journal.jsonl  /lab/journal.har  /lab/journal/tail
}
