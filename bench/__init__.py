"""How fast the lab server is: measured side by side with a bare ASGI app and a bare FastAPI app, in one run.

`make bench` runs it. Figures of one machine mean little; the ratios between the three are what counts.
"""
