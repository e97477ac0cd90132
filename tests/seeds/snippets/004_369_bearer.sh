curl -X POST http://localhost:8080/api/v1/infer \
  -H "Authorization: Bearer <token>" \
  -H "Content-Type: application/json" \
  -d '{"prompt": "..."}'
