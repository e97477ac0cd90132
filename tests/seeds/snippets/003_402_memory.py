class StreamMemoryManager:
    def __init__(self, max_history: int = 1000):
        self.max_history = max_history
        self.stream_history = {}
    
    def store_chunk(self, stream_id: str, chunk: str):
        if stream_id not in self.stream_history:
            self.stream_history[stream_id] = []
        
        self.stream_history[stream_id].append(chunk)
        
        # Trim history if too long
        if len(self.stream_history[stream_id]) > self.max_history:
            self.stream_history[stream_id] = self.stream_history[stream_id][-self.max_history:]
    
    def get_complete_response(self, stream_id: str) -> str:
        return ''.join(self.stream_history.get(stream_id, []))
    
    def cleanup_stream(self, stream_id: str):
        if stream_id in self.stream_history:
            del self.stream_history[stream_id]
