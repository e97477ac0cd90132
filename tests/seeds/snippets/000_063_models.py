import requests

# Using API Key in headers
headers = {
    "Authorization": "Bearer YOUR_API_KEY",
    "Content-Type": "application/json"
}

response = requests.get(
    "https://api.openai.com/v1/models",
    headers=headers
)

print(response.json())
