"""The author's bench: build the exercises, run the notebooks, prove the course. Knows files; knows no server."""
