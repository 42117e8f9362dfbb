"""A round trip through the client that openapi-python-client makes of the document."""

import sys
import time
import uuid

from shop_client import Client, models
from shop_client.api.categories import categories_create
from shop_client.api.customers import customers_create
from shop_client.api.orders import orders_create, orders_delete, orders_update
from shop_client.api.products import (
    products_create,
    products_delete,
    products_list,
    products_read,
    products_search,
    products_update,
)

client = Client(base_url=sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:3000/api")
mark = f"PY-{time.time_ns():X}"
answers = 0


def answered(response, status, kind):
    """The parsed body of a response with this status and this type."""
    global answers
    answers += 1
    assert response.status_code == status, response.content
    assert isinstance(response.parsed, kind), response.parsed
    return response.parsed


def refused(response, status, slug):
    problem = answered(response, status, models.Problem)
    assert (problem.type_, problem.status) == (f"/problems/{slug}", status), problem
    return problem


# Create and read.
body = models.CreateCategory(name=f"Lamps {mark}")
category = answered(categories_create.sync_detailed(client=client, body=body), 201, models.Category)
new = models.CreateProduct(sku=mark, name="Desk lamp", price_cents=4900, category_id=category.id, tags=["desk"])
made = products_create.sync_detailed(client=client, body=new, idempotency_key=str(uuid.uuid4()))
product = answered(made, 201, models.Product)
assert product.price_cents == 4900 and product.tags == ["desk"]
include = [models.ProductsReadIncludeItem.CATEGORY]
read = answered(products_read.sync_detailed(product.id, client=client, include=include), 200, models.ProductSelection)
assert read.category.name == category.name


# Conditional update: one wins, the one that read the same version is told.
def patch(price):
    change = models.UpdateProduct(price_cents=price)
    tag = made.headers["etag"]
    return products_update.sync_detailed(product.id, client=client, body=change, if_match=tag)


assert answered(patch(5100), 200, models.Product).price_cents == 5100
refused(patch(5200), 412, "stale")

# List with typed filters.
page = answered(
    products_list.sync_detailed(
        client=client,
        sku=mark,
        price_cents_gte=5000,
        active=True,
        category_name_in=[category.name],
        sort=[models.ProductsListSortItem.VALUE_5],
        count=models.ProductsListCount.EXACT,
    ),
    200,
    models.ProductPage,
)
assert (page.total, page.items[0].sku, page.next_cursor) == (1, mark, None)

# Search body.
condition = models.ProductFilter(
    or_=[
        models.ProductFilter(sku=models.ProductFilterSku(eq=mark)),
        models.ProductFilter(name=models.ProductFilterName(icontains="no such lamp")),
    ],
    not_=models.ProductFilter(active=models.ProductFilterActive(eq=False)),
)
found = products_search.sync_detailed(client=client, body=models.ProductSearch(filter_=condition))
assert len(answered(found, 200, models.ProductPage).items) == 1

# An order with its lines.
person = models.CreateCustomer(name="Ada", email=f"{mark.lower()}@example.org")
customer = answered(customers_create.sync_detailed(client=client, body=person), 201, models.Customer)
lines = [models.CreateOrderLine(product_id=product.id, quantity=2)]
wanted = models.CreateOrder(customer_id=customer.id, lines=lines)
order = answered(orders_create.sync_detailed(client=client, body=wanted), 201, models.Order)
assert (order.total_cents, order.lines[0].unit_price_cents) == (10200, 5100)
change = models.UpdateOrder(lines=[models.OrderLineItem(id=order.lines[0].id, product_id=product.id, quantity=3)])
changed = orders_update.sync_detailed(order.id, client=client, body=change)
assert answered(changed, 200, models.Order).total_cents == 15300

# Problems are typed, too.
wrong = models.CreateProduct(sku="no", name="x", price_cents=-1, category_id=category.id)
problem = refused(products_create.sync_detailed(client=client, body=wrong), 422, "validation")
assert {error.pointer for error in problem.errors} == {"#/sku", "#/price_cents"}
refused(products_create.sync_detailed(client=client, body=new), 409, "duplicate")

# Delete.
assert orders_delete.sync_detailed(order.id, client=client).status_code == 204
assert products_delete.sync_detailed(product.id, client=client).status_code == 204
refused(products_read.sync_detailed(product.id, client=client), 404, "not-found")
print(f"{answers + 2} answers through the Python client as they must be")
