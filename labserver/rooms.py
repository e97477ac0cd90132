"""Chat rooms of one sandbox: who is in, what was said, who is too slow. Knows queues; knows no socket and no model.

Policy for a slow member: each has a queue of MOST_WAITING messages of its own. Whoever lets it run full is dropped at
once and everybody else is told; nobody waits for anybody.
"""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from labserver.errors import Conflict, Unavailable

Note = dict[str, Any]

MOST_WAITING = 64
MOST_REMEMBERED = 50
MOST_MEMBERS = 200
MOST_ROOMS = 100


@dataclass(slots=True, eq=False)
class Member:
    """Somebody in a room. `waiting` is what it was not yet told; `gone` says that it is no member any more."""

    name: str
    waiting: asyncio.Queue[Note] = field(default_factory=lambda: asyncio.Queue(MOST_WAITING))
    gone: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(slots=True, eq=False)
class Room:
    """Members in the order in which they came, and the newest messages, oldest first. `said` counts all of them."""

    name: str
    members: dict[str, Member] = field(default_factory=dict)
    history: deque[Note] = field(default_factory=lambda: deque(maxlen=MOST_REMEMBERED))
    said: int = 0

    def join(self, name: str, known: Member | None = None) -> Member:
        """A new member, who is told who is here and what was said; the others are told of it. Raises LabError.

        `known` is one who was in another room: it takes what it was not yet told along.
        """
        if name in self.members:
            raise Conflict(f"There is a {name!r} in this room already. Take another name: ?name=...")
        if len(self.members) >= MOST_MEMBERS:
            raise Unavailable(f"This room is full: {MOST_MEMBERS} are in it.")
        self.broadcast({"type": "join", "name": name})
        member = self.members[name] = known or Member(name)
        welcome = {"type": "welcome", "room": self.name, "name": name, "members": self.present()}
        self.tell(member, {**welcome, "history": list(self.history)})
        return member

    def hand_over(self, member: Member, room: "Room") -> None:
        """The same member goes on in another room. Raises LabError where there is no place for it; nothing changes."""
        room.join(member.name, member)
        del self.members[member.name]
        self.broadcast({"type": "leave", "name": member.name, "reason": "left"})

    def leave(self, member: Member, why: str = "left") -> None:
        """Tell the others; does nothing for one who is gone."""
        if self.members.get(member.name) is member:
            del self.members[member.name]
            member.gone.set()
            self.broadcast({"type": "leave", "name": member.name, "reason": why})

    def say(self, member: Member, content: str, timestamp: float) -> None:
        """To everybody, the speaker too."""
        self.said += 1
        note = {"type": "message", "id": self.said, "name": member.name, "content": content, "timestamp": timestamp}
        self.history.append(note)
        self.broadcast(note)

    def present(self) -> list[str]:
        return list(self.members)

    def broadcast(self, note: Note) -> None:
        for member in tuple(self.members.values()):
            self.tell(member, note)

    def tell(self, member: Member, note: Note) -> None:
        """Queue it; a member without room for it is dropped instead."""
        try:
            member.waiting.put_nowait(note)
        except asyncio.QueueFull:
            self.leave(member, "too slow")


class Rooms:
    """A sandbox's rooms by name, the one made last at the end."""

    def __init__(self) -> None:
        self._rooms: dict[str, Room] = {}

    def find(self, name: str) -> Room:
        """The room of that name, made if need be; then the oldest empty one goes. Raises Unavailable where none is."""
        if name not in self._rooms and len(self._rooms) >= MOST_ROOMS:
            empty = next((old for old, room in self._rooms.items() if not room.members), None)
            if empty is None:
                raise Unavailable(f"There are {MOST_ROOMS} rooms already, all in use. Join one of them.")
            del self._rooms[empty]
        return self._rooms.setdefault(name, Room(name))

    def clear(self) -> None:
        """Nobody is in any room and nothing was said."""
        for room in self._rooms.values():
            for member in tuple(room.members.values()):
                room.leave(member, "reset")
        self._rooms.clear()
