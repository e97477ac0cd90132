"""The lab server: a small real world to call. Knows protocols, faults and witnesses; knows nothing of notebooks."""

__version__ = "0.1.0"
