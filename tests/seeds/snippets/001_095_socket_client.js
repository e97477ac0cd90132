class GPTWebSocketClient {
    constructor(url = 'ws://localhost:8001/api/v1/query/ws') {
        this.url = url;
        this.ws = null;
    }

    connect() {
        return new Promise((resolve, reject) => {
            this.ws = new WebSocket(this.url);
            
            this.ws.onopen = () => {
                console.log('🔗 WebSocket connected!');
                resolve();
            };
            
            this.ws.onerror = (error) => {
                console.error('❌ WebSocket error:', error);
                reject(error);
            };
            
            this.ws.onmessage = (event) => {
                const data = JSON.parse(event.data);
                this.handleMessage(data);
            };
            
            this.ws.onclose = () => {
                console.log('🔒 WebSocket disconnected');
            };
        });
    }
    
    handleMessage(data) {
        switch (data.type) {
            case 'start':
                console.log(`🚀 Starting response with ${data.model}`);
                break;
            case 'content':
                process.stdout.write(data.chunk); // Real-time streaming
                break;
            case 'end':
                console.log(`\n✅ Response complete! Tokens: ${data.tokens_used}`);
                break;
            case 'error':
                console.error(`❌ Error: ${data.error}`);
                break;
        }
    }
    
    async sendQuery(query, options = {}) {
        if (this.ws.readyState !== WebSocket.OPEN) {
            await this.connect();
        }
        
        const message = {
            query,
            model: options.model || 'gpt-4o-mini',
            temperature: options.temperature || 0.7,
            max_tokens: options.max_tokens || 1000
        };
        
        this.ws.send(JSON.stringify(message));
    }
    
    disconnect() {
        if (this.ws) {
            this.ws.close();
        }
    }
}

// Usage
const client = new GPTWebSocketClient();

async function runChat() {
    await client.connect();
    
    // Send multiple queries in the same session
    await client.sendQuery("What is machine learning?");
    
    setTimeout(() => {
        client.sendQuery("Give me a Python example");
    }, 3000);
    
    setTimeout(() => {
        client.disconnect();
    }, 10000);
}

runChat();
