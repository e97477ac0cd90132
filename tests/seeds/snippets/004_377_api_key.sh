curl -X POST http://localhost:8080/api/v1/infer \
  -H "X-API-Key: <key>" \
  -H "Content-Type: application/json" \
  -d '{"prompt": "..."}'
