import requests
from typing import Optional, Dict, Any

class APIClient:
    """Generic API client for AI services"""
    
    def __init__(self, base_url: str, api_key: str):
        """Initialize API client"""
        self.base_url = base_url
        self.api_key = api_key
        self.headers = {
            "Authorization": f"Bearer {api_key}",
            "Content-Type": "application/json"
        }
    
    def get(self, endpoint: str) -> Dict[str, Any]:
        """Make GET request"""
        url = f"{self.base_url}/{endpoint}"
        response = requests.get(url, headers=self.headers)
        response.raise_for_status()  # Raise error if bad status
        return response.json()
    
    def post(self, endpoint: str, data: Dict[str, Any]) -> Dict[str, Any]:
        """Make POST request"""
        url = f"{self.base_url}/{endpoint}"
        response = requests.post(url, json=data, headers=self.headers)
        response.raise_for_status()
        return response.json()
    
    def stream_post(self, endpoint: str, data: Dict[str, Any]):
        """Stream POST request"""
        url = f"{self.base_url}/{endpoint}"
        data["stream"] = True
        response = requests.post(url, json=data, headers=self.headers, stream=True)
        response.raise_for_status()
        return response

# Usage
client = APIClient(
    base_url="https://api.openai.com/v1",
    api_key="YOUR_API_KEY"
)

# Get models
models = client.get("models")
print(models)

# Chat completion
chat_data = {
    "model": "gpt-4",
    "messages": [{"role": "user", "content": "Hello!"}]
}
response = client.post("chat/completions", chat_data)
print(response)
