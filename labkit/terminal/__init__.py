"""What a terminal shows of the wire: follow a journal, fire a request."""
