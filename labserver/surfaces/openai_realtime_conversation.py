"""The items of one realtime session in their order, within bounds. Knows items; knows no socket and no model."""

import json
from dataclasses import dataclass, field
from functools import partial

from labserver.sandbox import Stamp
from labserver.surfaces import openai_realtime_items
from labserver.surfaces.openai_narrator import name
from labserver.surfaces.openai_realtime_items import NewItem, Payload, RealtimeOutput, Reference
from labserver.surfaces.openai_refusals import Refused

MOST_ITEMS = 1000
MOST_WEIGHT = 1_000_000  # characters of JSON; one answer more may go over it
ROOT = "root"
IN_PROGRESS = "in_progress"


@dataclass(slots=True)
class Conversation:
    """`stamp` is the session's: ids of items that came without one are made from it."""

    stamp: Stamp
    items: list[Payload] = field(default_factory=list)
    _weights: dict[str, int] = field(default_factory=dict)
    _made: int = 0

    @property
    def id(self) -> str:
        return name(self.stamp, "conv", 0)

    def read(self, item: NewItem, path: str) -> Payload:
        """A client's item with its ids, not yet added. Raises Refused."""
        openai_realtime_items.check(item, path)
        self._made += 1
        new = partial(name, self.stamp, place=self._made)
        return openai_realtime_items.told(item, item.id or new("item"), new("call"))

    def context(self, given: list[NewItem | Reference] | None) -> list[Payload]:
        """What a response goes on from: all of this, or the items and references that were given. Raises Refused."""
        if given is None:
            return [item for item in self.items if item["status"] != IN_PROGRESS]
        return [
            self.finished(one.id, "creating response", "response_invalid_item_id", f"response.input[{at}].id")
            if isinstance(one, Reference)
            else self.read(one, f"response.input[{at}]")
            for at, one in enumerate(given)
        ]

    def create(self, new: NewItem, after: str | None) -> tuple[Payload, str | None]:
        """Add a client's item, and say which one stands before it. Raises Refused."""
        if new.id is not None and new.id in self._weights:
            raise Refused(f"Error adding item: an item with id '{new.id}' already exists.", "item.id", "invalid_value")
        place = len(self.items)
        if after == ROOT:
            place = 0
        elif after:
            self.find(after, "adding item", "invalid_value", "previous_item_id")
            place = self._place(after) + 1
        calls = {item["call_id"] for item in self.items if item["type"] == "function_call"}
        if isinstance(new, RealtimeOutput) and new.call_id not in calls:
            raise Refused(f"Tool call ID '{new.call_id}' not found in conversation.", None, "invalid_tool_call_id")
        item = self.read(new, "item")
        self.check_room(len(json.dumps(item)))
        return item, self.put(item, place)

    def check_room(self, weight: int = 0) -> None:
        """Raises Refused where nothing more goes in."""
        if len(self.items) >= MOST_ITEMS or sum(self._weights.values()) + weight > MOST_WEIGHT:
            raise Refused(
                f"The conversation is full: it holds at most {MOST_ITEMS} items and {MOST_WEIGHT} characters. "
                "Delete some with 'conversation.item.delete', or open a new session.",
                None,
                "conversation_full",
            )

    def put(self, item: Payload, place: int | None = None) -> str | None:
        """Add an item, at the end unless it has a place; the id of the one before it, if there is one."""
        place = len(self.items) if place is None else place
        self.items.insert(place, item)
        return self.settle(item)

    def settle(self, item: Payload) -> str | None:
        """What was made while it stood here has its words now; the id of the one before it."""
        self.items[self._place(item["id"])] = item
        self._weights[item["id"]] = len(json.dumps(item))
        return self._before(item["id"])

    def _before(self, item_id: str) -> str | None:
        place = self._place(item_id)
        return str(self.items[place - 1]["id"]) if place else None

    def delete(self, item_id: str) -> None:
        """Raises Refused."""
        self.items.remove(self.finished(item_id, "deleting item", "item_delete_invalid_item_id", "item_id"))
        del self._weights[item_id]

    def finished(self, item_id: str, doing: str, code: str, param: str) -> Payload:
        """An item that is whole. Raises Refused."""
        item = self.find(item_id, doing, code, param)
        if item["status"] == IN_PROGRESS:
            raise Refused(
                f"Error {doing}: the item with id '{item_id}' is being made. Wait for its response, or cancel it.",
                param,
                code,
            )
        return item

    def find(self, item_id: str, doing: str, code: str, param: str | None = None) -> Payload:
        """Raises Refused."""
        if item_id not in self._weights:
            raise Refused(f"Error {doing}: the item with id '{item_id}' does not exist.", param, code)
        return self.items[self._place(item_id)]

    def _place(self, item_id: str) -> int:
        return next(place for place, item in enumerate(self.items) if item["id"] == item_id)
