import requests
import json

# Submit request
response = requests.post(
    'http://localhost:8080/api/v1/infer',
    json={
        'prompt': 'What is Rust?',
        'metadata': {'user': 'alice'}
    }
)

data = response.json()
request_id = data['request_id']

# Poll for result
import time
while True:
    result = requests.get(
        f'http://localhost:8080/api/v1/result/{request_id}'
    )
    
    if result.status_code == 200:
        print(result.json()['result'])
        break
    elif result.status_code == 202:
        print('Still processing...')
        time.sleep(1)
    else:
        print(f'Error: {result.status_code}')
        break
