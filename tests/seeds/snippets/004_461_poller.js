const axios = require('axios');

async function infer(prompt) {
  // Submit
  const response = await axios.post(
    'http://localhost:8080/api/v1/infer',
    {
      prompt,
      metadata: { user: 'alice' }
    }
  );
  
  const { request_id } = response.data;
  
  // Poll for result
  while (true) {
    const result = await axios.get(
      `http://localhost:8080/api/v1/result/${request_id}`
    ).catch(err => {
      if (err.response.status === 202) {
        return null; // Still processing
      }
      throw err;
    });
    
    if (result) {
      return result.data.result;
    }
    
    await new Promise(resolve => setTimeout(resolve, 1000));
  }
}

// Usage
infer('What is Rust?').then(console.log);
