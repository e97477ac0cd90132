"""The SURFACES table: the whole URL map on one screen. Adding a dialect is one file and one row."""

from fastapi import APIRouter

from labserver.surfaces import health, infer, infer_socket, infer_stream, lab, openai_chat, query, query_socket

SURFACES: dict[str, APIRouter] = {
    "health": health.router,  # /  /health
    "query": query.router,  # POST /api/v1/query  /api/v1/query/stream
    "query_socket": query_socket.router,  # WebSocket /api/v1/query/ws
    "infer": infer.router,  # POST /api/v1/infer  /api/v1/status|result|cancel/{id}
    "infer_stream": infer_stream.router,  # /api/v1/stream/{id}
    "infer_socket": infer_socket.router,  # WebSocket /api/v1/ws
    "openai_chat": openai_chat.router,  # /v1/models  /v1/chat/completions
    "lab": lab.router,  # /lab  /lab/sandboxes  /lab/faults  /lab/journal  /lab/reset
}
