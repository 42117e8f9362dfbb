// A round trip through the client that openapi-typescript and openapi-fetch make of the document.
// Everything below is typed by the document: `tsc` refuses a wrong member, parameter or status.
import assert from "node:assert/strict";
import createClient from "openapi-fetch";
import type { components, paths } from "./schema.ts";

const api = createClient<paths, "application/json" | "application/problem+json">({ baseUrl: process.argv[2] ?? "http://127.0.0.1:3000/api" });
const mark = `TS-${Date.now().toString(36).toUpperCase()}`;

/** The answer of a call that must succeed. */
function answered<T>(call: { data?: T; error?: unknown; response: Response }, status: number): T {
  assert.equal(call.response.status, status, JSON.stringify(call.error));
  return call.data as T;
}

/** The problem of a call that must fail. */
function refused(call: { error?: components["schemas"]["Problem"]; response: Response }, status: number, type: string) {
  assert.equal(call.response.status, status);
  assert.equal(call.error?.type, `/problems/${type}`);
  assert.equal(call.error.status, status);
  return call.error;
}

// Create and read.
const category = answered(await api.POST("/categories", { body: { name: `Lamps ${mark}` } }), 201);
const made = await api.POST("/products", {
  body: { sku: mark, name: "Desk lamp", price_cents: 4900, category_id: category.id, tags: ["desk"] },
  params: { header: { "Idempotency-Key": crypto.randomUUID() } },
});
const product = answered(made, 201);
const id = { id: product.id };
assert.equal(product.price_cents, 4900);
assert.equal(made.response.headers.get("location"), `/api/products/${product.id}`);
const read = answered(await api.GET("/products/{id}", { params: { path: id, query: { include: ["category"] } } }), 200);
assert.equal(read.category?.name, category.name);

// Conditional update: one wins, the one that read the same version is told.
const tag = made.response.headers.get("etag") ?? "";
const patch = (price_cents: number) =>
  api.PATCH("/products/{id}", { body: { price_cents }, params: { path: id, header: { "If-Match": tag } } });
assert.equal(answered(await patch(5100), 200)?.price_cents, 5100);
refused(await patch(5200), 412, "stale");

// List with typed filters.
const list = await api.GET("/products", {
  params: { query: { sku: mark, price_cents__gte: 5000, active: true, category__name__in: [category.name], sort: ["-price_cents"], count: "exact" } },
});
const page = answered(list, 200);
assert.deepEqual([page.total, page.items[0]?.sku, page.next_cursor], [1, mark, null]);

// Search body.
const found = await api.POST("/products/search", {
  body: { filter: { or: [{ sku: { eq: mark } }, { name: { icontains: "no such lamp" } }], not: { active: { eq: false } } } },
});
assert.equal(answered(found, 200).items.length, 1);

// An order with its lines.
const customer = answered(await api.POST("/customers", { body: { name: "Ada", email: `${mark.toLowerCase()}@example.org` } }), 201);
const order = answered(
  await api.POST("/orders", { body: { customer_id: customer.id, lines: [{ product_id: product.id, quantity: 2 }] } }),
  201,
);
const [line] = order.lines;
assert.ok(line);
assert.deepEqual([order.total_cents, line.unit_price_cents], [10200, 5100]);
const changed = await api.PATCH("/orders/{id}", {
  params: { path: { id: order.id } },
  body: { lines: [{ id: line.id, product_id: line.product_id, quantity: 3 }] },
});
assert.equal(answered(changed, 200)?.total_cents, 15300);

// A batch, each operation with its own outcome.
const batch = await api.POST("/products/batch", {
  body: { atomic: false, operations: [{ op: "update", id: product.id, value: { active: false } }, { op: "delete", id: crypto.randomUUID() }] },
});
assert.deepEqual(answered(batch, 207).results.map((result) => result.status), [200, 404]);

// Problems are typed, too.
const invalid = refused(await api.POST("/products", { body: { ...product, sku: "no" } as never }), 422, "validation");
assert.ok(invalid.errors?.some((error) => error.pointer === "#/sku"));
refused(await api.POST("/products", { body: { sku: mark, name: "x", price_cents: 1, category_id: category.id } }), 409, "duplicate");

// Delete.
answered(await api.DELETE("/orders/{id}", { params: { path: { id: order.id } } }), 204);
answered(await api.DELETE("/products/{id}", { params: { path: id } }), 204);
refused(await api.GET("/products/{id}", { params: { path: id } }), 404, "not-found");
console.log("22 answers through the TypeScript client as they must be");
