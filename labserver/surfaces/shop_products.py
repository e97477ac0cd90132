"""The shop's products: `/shop/products`. Knows HTTP and a product's fields; knows no SQL."""

from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from labserver.store import products
from labserver.store.tables import Product
from labserver.store.world import Found, World
from labserver.surfaces import promised, shop_fields
from labserver.surfaces.conditional import answer
from labserver.surfaces.listing import PagingDep, listed
from labserver.surfaces.merging import patched
from labserver.surfaces.resource import complete
from labserver.surfaces.shop_fields import HIGHEST, Wanted, iso
from labserver.surfaces.shop_rows import Kind
from labserver.visit import VisitDep

router = APIRouter(prefix="/shop", tags=["shop"], responses=shop_fields.ALWAYS)

ProductNumber = Annotated[int, Path(ge=1, le=HIGHEST, description="the product's number", examples=[105])]
Euros = Annotated[Decimal, Field(ge=0, le=100_000, decimal_places=2, examples=[8.9])]


class ProductWanted(Wanted):
    """All of a product that a client may say. A PUT without an optional field sets it to null."""

    name: Annotated[str, Field(min_length=1, max_length=120, examples=["Sencha 煎茶"])]
    category: Annotated[str, Field(pattern=r"^[a-z]+(-[a-z]+)*$", max_length=40, examples=["green"])]
    price: Euros
    stock: Annotated[int, Field(ge=0, le=1_000_000, examples=[40])]
    sku: Annotated[str | None, Field(min_length=1, max_length=40)] = None
    description: Annotated[str | None, Field(max_length=2000)] = None
    origin: Annotated[str | None, Field(max_length=80)] = None
    temperature_c: Annotated[int | None, Field(ge=0, le=100)] = None
    tags: Annotated[list[Annotated[str, Field(min_length=1, max_length=30)]] | None, Field(max_length=20)] = None

    def columns(self) -> dict[str, Any]:
        return {**self.model_dump(exclude={"price"}), "cents": int(self.price * 100)}


class ProductShown(BaseModel):
    """A product as every answer has it; `price` is in euros, `created` and `updated` are RFC 3339."""

    id: int
    sku: str | None
    name: str
    category: str
    price: float
    stock: int
    description: str | None
    origin: str | None
    temperature_c: int | None
    tags: list[str] | None
    created: str
    updated: str


class ProductList(BaseModel):
    products: list[ProductShown]
    total: int
    per_page: int
    page: int | None = None
    pages: int | None = None
    next_cursor: str | None


def shown(product: Product) -> dict[str, Any]:
    return ProductShown(
        **product.model_dump(exclude={"sandbox", "cents", "search", "created", "updated"}),
        price=product.cents / 100,
        created=iso(product.created),
        updated=iso(product.updated),
    ).model_dump()


PRODUCT = Kind(Product, "product", shown)


def place_of(number: int) -> dict[str, str]:
    return {"location": f"/shop/products/{number}"}


@router.get(
    "/products", response_model=None, responses=promised.gives(200, ProductList, "ETag", "Link") | shop_fields.UNCHANGED
)
async def list_products(
    visit: VisitDep,
    request: Request,
    paging: PagingDep,
    *,
    category: Annotated[str | None, Query(max_length=40, description="only of this one", examples=["green"])] = None,
    max_price: Annotated[
        Decimal | None, Query(ge=0, le=100_000, decimal_places=2, description="in euros", examples=[9.5])
    ] = None,
    q: Annotated[
        str | None, Query(max_length=100, description="text in the name, the description or a tag", examples=["cha"])
    ] = None,
) -> Response:
    """The products, ten at a time: filtered, sorted, by page or by cursor."""
    wanted = paging.slice(products.SORTS)
    conditions = products.matching(category, None if max_price is None else int(max_price * 100), q)
    adding = "insert_row" in visit.plan and request.method == "GET"
    when = visit.stamp("insert_row").seconds if adding else 0

    def work(world: World) -> Found:
        found = world.listed(Product, conditions, wanted)
        if adding and found.rows:
            products.squeeze_in(world, found.rows[0], wanted.column, wanted.descending, when)
        return found

    found = await visit.shop(work)
    return listed(request, "products", found, paging, sorts=products.SORTS, shown=shown)


@router.post(
    "/products",
    status_code=201,
    response_model=None,
    responses=promised.gives(201, ProductShown, "ETag", "Location") | shop_fields.MAKING,
)
async def add_product(visit: VisitDep, request: Request, wanted: ProductWanted) -> Response:
    """A new product; `Location` says where it stands. 409 for a SKU that another one has."""
    when = visit.stamp("product", wanted.model_dump(mode="json")).seconds
    made = await visit.shop(lambda world: shown(products.add(world, wanted.columns(), when)))
    return answer(request, made, 201, place_of(made["id"]))


@router.get(
    "/products/{product_id}",
    response_model=None,
    responses=promised.gives(200, ProductShown, "ETag") | shop_fields.UNCHANGED | shop_fields.ONE,
)
async def get_product(visit: VisitDep, request: Request, product_id: ProductNumber) -> Response:
    """One product, with its ETag; 304 for a client that has this state already."""
    return await PRODUCT.show(visit, request, product_id)


@router.put(
    "/products/{product_id}",
    response_model=None,
    responses=promised.gives(200, ProductShown, "ETag") | shop_fields.CHANGING,
)
async def replace_product(
    visit: VisitDep, request: Request, product_id: ProductNumber, wanted: ProductWanted
) -> Response:
    """The whole product anew: what the body leaves out is gone. 412 where If-Match names an older state."""
    when = visit.stamp("product", product_id, wanted.model_dump(mode="json")).seconds
    fields = wanted.columns()
    return await PRODUCT.change(
        visit, request, product_id, lambda world, row: products.replace(world, row, fields, when)
    )


@router.patch(
    "/products/{product_id}",
    response_model=None,
    responses=promised.gives(200, ProductShown, "ETag") | shop_fields.CHANGING,
)
async def change_product(
    visit: VisitDep,
    request: Request,
    product_id: ProductNumber,
    patch: Annotated[dict[str, Any], Body(examples=[{"stock": 12, "origin": None}])],
) -> Response:
    """Some fields anew, by JSON Merge Patch (RFC 7396): what the body leaves out stays, null takes a field away."""
    when = visit.stamp("product", product_id).seconds

    def work(world: World, product: Product) -> Product:
        return products.replace(world, product, patched(ProductWanted, shown(product), patch).columns(), when)

    return await PRODUCT.change(visit, request, product_id, work)


@router.delete("/products/{product_id}", status_code=204, responses=shop_fields.REMOVED | shop_fields.REMOVING)
async def remove_product(visit: VisitDep, request: Request, product_id: ProductNumber) -> Response:
    """No such product any more. 409 for one that stands in an order."""
    return await PRODUCT.remove(visit, request, product_id, products.remove)


complete(router)
