curl http://localhost:8080/api/v1/result/{request_id}
