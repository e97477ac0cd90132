class ProgressTracker:
    def __init__(self):
        self.start_time = None
        self.chunk_count = 0
        self.estimated_total_tokens = 0
    
    def start_tracking(self):
        self.start_time = time.time()
        self.chunk_count = 0
    
    def update_progress(self, chunk: str) -> dict:
        self.chunk_count += 1
        current_time = time.time()
        elapsed = current_time - self.start_time
        
        # Estimate tokens (rough approximation)
        current_tokens = len(chunk.split())
        
        # Estimate completion based on response patterns
        estimated_completion = min(self.chunk_count / 50, 0.95)  # Heuristic
        
        # Calculate words per minute
        wpm = (current_tokens / elapsed) * 60 if elapsed > 0 else 0
        
        return {
            'elapsed_time': elapsed,
            'chunk_count': self.chunk_count,
            'estimated_completion': estimated_completion,
            'words_per_minute': wpm,
            'status': 'streaming' if estimated_completion < 0.95 else 'completing'
        }
