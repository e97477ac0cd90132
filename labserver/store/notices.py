"""What the shop tells those who listen, whenever its rows change: names and fields. Knows rows; knows no listener.

`at` is in seconds since 1970, prices are euros. Told with the work that did it: work that fails tells nothing.
"""

from labserver.store.life import STATES
from labserver.store.tables import Order, Product
from labserver.store.world import World

LOW = 5  # from so many pieces on a product is about to run out


def order(world: World, order: Order, when: int, *, cancelled: bool = False) -> None:
    """`order_placed`, `order_packed`, `order_shipped`, `order_delivered` or `order_cancelled`."""
    status = "cancelled" if cancelled else STATES[order.step]
    told = {"order_id": order.id, "product_id": order.product_id, "quantity": order.quantity}
    world.tell(f"order_{status}", **told, at=when)


def stock(world: World, product: Product, before: int, when: int) -> None:
    """`low_stock`, once, when there were more than LOW pieces before and are no longer."""
    if before > LOW >= product.stock:
        world.tell("low_stock", product_id=product.id, product=product.name, stock=product.stock, at=when)


def price(world: World, product: Product, before: int, when: int) -> None:
    """`price_change`, where there is one; `before` is in cents."""
    if before != product.cents:
        prices = {"old_price": before / 100, "new_price": product.cents / 100}
        world.tell("price_change", product_id=product.id, product=product.name, **prices, at=when)
