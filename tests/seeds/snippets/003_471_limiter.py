class AdaptiveRateLimiter:
    def __init__(self):
        self.request_times = []
        self.rate_limit_delay = 1.0
        self.max_delay = 10.0
    
    async def wait_if_needed(self):
        current_time = time.time()
        
        # Remove old requests (older than 1 minute)
        self.request_times = [t for t in self.request_times if current_time - t < 60]
        
        # Check if we're hitting rate limits
        if len(self.request_times) > 50:  # Adjust based on your limits
            await asyncio.sleep(self.rate_limit_delay)
            self.rate_limit_delay = min(self.rate_limit_delay * 1.5, self.max_delay)
        else:
            self.rate_limit_delay = max(self.rate_limit_delay * 0.9, 1.0)
        
        self.request_times.append(current_time)
