class BufferedStreamProcessor:
    def __init__(self, buffer_size: int = 5, flush_interval: float = 0.1):
        self.buffer_size = buffer_size
        self.flush_interval = flush_interval
        self.buffer = []
        self.last_flush = time.time()
    
    def process_chunk(self, chunk: str) -> Optional[str]:
        """
        Buffer chunks for optimal UI updates.
        Returns accumulated chunks when buffer is full or timeout reached.
        """
        self.buffer.append(chunk)
        current_time = time.time()
        
        # Flush if buffer is full or enough time has passed
        if (len(self.buffer) >= self.buffer_size or 
            current_time - self.last_flush >= self.flush_interval):
            
            result = ''.join(self.buffer)
            self.buffer = []
            self.last_flush = current_time
            return result
        
        return None
    
    def flush_remaining(self) -> str:
        """Flush any remaining buffered content."""
        result = ''.join(self.buffer)
        self.buffer = []
        return result
