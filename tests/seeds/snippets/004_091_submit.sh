curl -X POST http://localhost:8080/api/v1/infer \
  -H "Content-Type: application/json" \
  -d '{
    "prompt": "Explain quantum computing",
    "metadata": {
      "user_id": "alice",
      "priority": "high"
    }
  }'
