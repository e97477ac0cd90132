import requests
from requests.exceptions import RequestException

def safe_api_call(url: str, headers: dict, data: dict = None):
    """Safely call API with error handling"""
    try:
        if data:
            response = requests.post(url, json=data, headers=headers)
        else:
            response = requests.get(url, headers=headers)
        
        # Check status code
        response.raise_for_status()
        return {"success": True, "data": response.json()}
    
    except requests.exceptions.HTTPError as e:
        return {"success": False, "error": f"HTTP Error: {e}"}
    except requests.exceptions.ConnectionError:
        return {"success": False, "error": "Connection failed"}
    except requests.exceptions.Timeout:
        return {"success": False, "error": "Request timeout"}
    except RequestException as e:
        return {"success": False, "error": f"Request failed: {e}"}

# Usage
result = safe_api_call(
    url="https://api.example.com/data",
    headers={"Authorization": "Bearer token"}
)
print(result)
