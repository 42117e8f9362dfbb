-- products is made anew; a trigger of your own on it would have to be made again here.
CREATE TABLE "products__new" (
    "id" BLOB NOT NULL,
    "sku" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT,
    "price_cents" INTEGER NOT NULL,
    "active" BOOLEAN NOT NULL,
    "tags" TEXT NOT NULL,
    "category_id" BLOB NOT NULL,
    "supplier_note" TEXT,
    "created_at" TEXT NOT NULL,
    "updated_at" TEXT NOT NULL,
    "deleted_at" TEXT,
    "version" INTEGER NOT NULL,
    CONSTRAINT "pk_products" PRIMARY KEY ("id"),
    CONSTRAINT "ck_products_sku_length" CHECK (length("sku") BETWEEN 1 AND 64),
    CONSTRAINT "ck_products_name_length" CHECK (length("name") BETWEEN 1 AND 200),
    CONSTRAINT "ck_products_description_length" CHECK (length("description") <= 2000),
    CONSTRAINT "ck_products_price_cents_range" CHECK ("price_cents" >= 0 AND "price_cents" <= 100000000),
    CONSTRAINT "ck_products_tags_length" CHECK (json_array_length("tags") <= 20),
    CONSTRAINT "fk_products_category_id" FOREIGN KEY ("category_id") REFERENCES "categories" ("id") ON DELETE RESTRICT
);

INSERT INTO "products__new" ("id", "sku", "name", "description", "price_cents", "active", "tags", "category_id", "supplier_note", "created_at", "updated_at", "deleted_at", "version")
    SELECT "id", "sku", "name", "description", "price_cents", "active", "tags", "category_id", "supplier_note", "created_at", "updated_at", "deleted_at", "version" FROM "products";

DROP TABLE "products";

ALTER TABLE "products__new" RENAME TO "products";

CREATE UNIQUE INDEX "uq_products_sku" ON "products" ("sku") WHERE "deleted_at" IS NULL;

CREATE INDEX "ix_products_category_id" ON "products" ("category_id");
