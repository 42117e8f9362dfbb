-- The schema that the migrations make. Written by codegen-cli, which compares the entities with it.

CREATE TABLE "categories" (
    "id" BLOB NOT NULL,
    "name" TEXT NOT NULL,
    "parent_id" BLOB,
    "created_at" TEXT NOT NULL,
    "updated_at" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    CONSTRAINT "pk_categories" PRIMARY KEY ("id"),
    CONSTRAINT "ck_categories_name_length" CHECK (length("name") BETWEEN 1 AND 100),
    CONSTRAINT "fk_categories_parent_id" FOREIGN KEY ("parent_id") REFERENCES "categories" ("id") ON DELETE RESTRICT
);

CREATE UNIQUE INDEX "uq_categories_name" ON "categories" ("name");

CREATE INDEX "ix_categories_parent_id" ON "categories" ("parent_id");

CREATE TABLE "customers" (
    "id" BLOB NOT NULL,
    "name" TEXT NOT NULL,
    "email" TEXT NOT NULL,
    "phone" TEXT,
    "born_on" TEXT,
    "created_at" TEXT NOT NULL,
    "updated_at" TEXT NOT NULL,
    "deleted_at" TEXT,
    "version" INTEGER NOT NULL,
    CONSTRAINT "pk_customers" PRIMARY KEY ("id"),
    CONSTRAINT "ck_customers_name_length" CHECK (length("name") BETWEEN 1 AND 200),
    CONSTRAINT "ck_customers_email_length" CHECK (length("email") BETWEEN 3 AND 254),
    CONSTRAINT "ck_customers_phone_length" CHECK (length("phone") BETWEEN 8 AND 16)
);

CREATE UNIQUE INDEX "uq_customers_email" ON "customers" ("email") WHERE "deleted_at" IS NULL;

CREATE TABLE "order_lines" (
    "id" BLOB NOT NULL,
    "order_id" BLOB NOT NULL,
    "product_id" BLOB NOT NULL,
    "quantity" INTEGER NOT NULL,
    "unit_price_cents" INTEGER NOT NULL,
    CONSTRAINT "pk_order_lines" PRIMARY KEY ("id"),
    CONSTRAINT "ck_order_lines_quantity_range" CHECK ("quantity" >= 1 AND "quantity" <= 1000),
    CONSTRAINT "ck_order_lines_unit_price_cents_range" CHECK ("unit_price_cents" >= 0 AND "unit_price_cents" <= 100000000),
    CONSTRAINT "fk_order_lines_order_id" FOREIGN KEY ("order_id") REFERENCES "orders" ("id") ON DELETE CASCADE,
    CONSTRAINT "fk_order_lines_product_id" FOREIGN KEY ("product_id") REFERENCES "products" ("id") ON DELETE RESTRICT
);

CREATE INDEX "ix_order_lines_order_id" ON "order_lines" ("order_id");

CREATE INDEX "ix_order_lines_product_id" ON "order_lines" ("product_id");

CREATE TABLE "orders" (
    "id" BLOB NOT NULL,
    "customer_id" BLOB NOT NULL,
    "status" TEXT NOT NULL,
    "total_cents" INTEGER NOT NULL,
    "placed_at" TEXT,
    "paid_at" TEXT,
    "created_at" TEXT NOT NULL,
    "updated_at" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    CONSTRAINT "pk_orders" PRIMARY KEY ("id"),
    CONSTRAINT "ck_orders_status_enum" CHECK ("status" IN ('draft', 'placed', 'shipped', 'cancelled')),
    CONSTRAINT "ck_orders_total_cents_range" CHECK ("total_cents" >= 0 AND "total_cents" <= 9000000000000),
    CONSTRAINT "fk_orders_customer_id" FOREIGN KEY ("customer_id") REFERENCES "customers" ("id") ON DELETE RESTRICT
);

CREATE INDEX "ix_orders_customer_id" ON "orders" ("customer_id");

CREATE TABLE "products" (
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

CREATE UNIQUE INDEX "uq_products_sku" ON "products" ("sku") WHERE "deleted_at" IS NULL;

CREATE INDEX "ix_products_category_id" ON "products" ("category_id");

CREATE TABLE "stocks" (
    "id" BLOB NOT NULL,
    "product_id" BLOB NOT NULL,
    "on_hand" INTEGER NOT NULL,
    "updated_at" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    CONSTRAINT "pk_stocks" PRIMARY KEY ("id"),
    CONSTRAINT "ck_stocks_on_hand_range" CHECK ("on_hand" >= 0 AND "on_hand" <= 1000000),
    CONSTRAINT "fk_stocks_product_id" FOREIGN KEY ("product_id") REFERENCES "products" ("id") ON DELETE CASCADE
);

CREATE UNIQUE INDEX "uq_stocks_product_id" ON "stocks" ("product_id");
