import requests

# GET request (fetching data)
response = requests.get("https://api.example.com/users")
data = response.json()
print(data)

# POST request (sending data)
payload = {
    "name": "Rajesh",
    "email": "rajesh@example.com"
}
response = requests.post("https://api.example.com/users", json=payload)
result = response.json()
print(result)
