import requests

class EcommerceAPI:
    """E-commerce platform API client"""
    
    def __init__(self, api_key: str):
        self.api_key = api_key
        self.base_url = "https://api.ecommerce.com"
        self.headers = {
            "Authorization": f"Bearer {api_key}",
            "Content-Type": "application/json"
        }
    
    def get_products(self, category: str = None):
        """Fetch products"""
        url = f"{self.base_url}/products"
        params = {}
        if category:
            params["category"] = category
        
        response = requests.get(url, headers=self.headers, params=params)
        return response.json()
    
    def create_order(self, product_id: int, quantity: int):
        """Create new order"""
        url = f"{self.base_url}/orders"
        data = {
            "product_id": product_id,
            "quantity": quantity
        }
        response = requests.post(url, json=data, headers=self.headers)
        return response.json()

# Usage
api = EcommerceAPI("your_api_key")
products = api.get_products(category="electronics")
order = api.create_order(product_id=123, quantity=2)
