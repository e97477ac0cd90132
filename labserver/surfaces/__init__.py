"""The SURFACES table: the whole URL map on one screen. Adding a dialect is one file and one row."""

from fastapi import APIRouter

from labserver.surfaces import (
    account_socket,
    auth_keys,
    auth_token,
    chat_socket,
    echo_socket,
    health,
    index,
    infer,
    infer_socket,
    infer_stream,
    lab,
    lab_auth,
    lab_journal,
    lab_limits,
    lab_pace,
    manual,
    metrics,
    openai_chat,
    openai_embeddings,
    openai_models,
    openai_realtime,
    openai_responses,
    openai_stored,
    pages,
    query,
    query_socket,
    raw,
    raw_conformance,
    raw_streams,
    rooms_socket,
    shop_events,
    shop_notifications,
    shop_orders,
    shop_products,
    shop_users,
    versions,
)

SURFACES: dict[str, APIRouter] = {
    "index": index.router,  # /
    "health": health.router,  # /health
    "metrics": metrics.router,  # /metrics
    "manual": manual.router,  # /docs  /redoc  /openapi.json  /lab/openapi.json
    "pages": pages.router,  # /inspector  (and /static, which is mounted)
    "shop_products": shop_products.router,  # /shop/products  /shop/products/{id}
    "shop_orders": shop_orders.router,  # /shop/orders  /shop/orders/{id}
    "shop_events": shop_events.router,  # /shop/orders/{id}/events
    "shop_notifications": shop_notifications.router,  # /shop/notifications
    "shop_users": shop_users.router,  # /users  /users/{id}
    "auth_token": auth_token.router,  # POST /auth/token
    "auth_keys": auth_keys.router,  # /auth/keys  /auth/keys/{id}  /auth/me
    "account_socket": account_socket.router,  # WebSocket /ws/account
    "query": query.router,  # POST /api/v1/query  /api/v1/query/stream
    "query_socket": query_socket.router,  # WebSocket /api/v1/query/ws
    "generate_v1": versions.old,  # POST /api/v1/generate (deprecated)
    "generate_v2": versions.new,  # POST /api/v2/generate
    "infer": infer.router,  # POST /api/v1/infer  /api/v1/status|result|cancel/{id}
    "infer_stream": infer_stream.router,  # /api/v1/stream/{id}
    "infer_socket": infer_socket.router,  # WebSocket /api/v1/ws
    "openai_models": openai_models.router,  # /v1/models  /v1/models/{id}
    "openai_chat": openai_chat.router,  # /v1/chat/completions
    "openai_responses": openai_responses.router,  # POST /v1/responses
    "openai_stored": openai_stored.router,  # /v1/responses/{id}  /v1/responses/{id}/cancel|input_items
    "openai_embeddings": openai_embeddings.router,  # /v1/embeddings
    "openai_realtime": openai_realtime.router,  # WebSocket /v1/realtime
    "chat_socket": chat_socket.router,  # WebSocket /
    "echo_socket": echo_socket.router,  # WebSocket /ws/echo
    "rooms_socket": rooms_socket.router,  # WebSocket /ws/rooms/{room}
    "raw": raw.router,  # /raw/status/{code}  /raw/delay  /raw/bytes
    "raw_streams": raw_streams.router,  # /raw/sse  /raw/ndjson  /raw/drip
    "raw_conformance": raw_conformance.router,  # /raw/sse/conformance  /raw/sse/conformance/{case}
    "lab": lab.router,  # /lab  /lab/sandboxes  /lab/faults  /lab/reset
    "lab_pace": lab_pace.router,  # /lab/pace
    "lab_limits": lab_limits.router,  # /lab/limits
    "lab_auth": lab_auth.router,  # /lab/auth  /lab/auth/tokens
    "lab_journal": lab_journal.router,  # /lab/journal  /lab/journal.jsonl  /lab/journal.har  /lab/journal/tail
}
