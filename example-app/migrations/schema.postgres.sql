-- The schema that the migrations make. Written by codegen-cli, which compares the entities with it.

CREATE TABLE "categories" (
    "id" UUID NOT NULL,
    "name" TEXT COLLATE "C" NOT NULL,
    "parent_id" UUID,
    "created_at" TIMESTAMPTZ NOT NULL,
    "updated_at" TIMESTAMPTZ NOT NULL,
    "version" BIGINT NOT NULL,
    CONSTRAINT "pk_categories" PRIMARY KEY ("id"),
    CONSTRAINT "ck_categories_name_length" CHECK (length("name") BETWEEN 1 AND 100),
    CONSTRAINT "fk_categories_parent_id" FOREIGN KEY ("parent_id") REFERENCES "categories" ("id") ON DELETE RESTRICT
);

CREATE UNIQUE INDEX "uq_categories_name" ON "categories" ("name");

CREATE INDEX "ix_categories_parent_id" ON "categories" ("parent_id");

CREATE TABLE "customers" (
    "id" UUID NOT NULL,
    "name" TEXT COLLATE "C" NOT NULL,
    "email" TEXT COLLATE "C" NOT NULL,
    "phone" TEXT COLLATE "C",
    "born_on" DATE,
    "created_at" TIMESTAMPTZ NOT NULL,
    "updated_at" TIMESTAMPTZ NOT NULL,
    "deleted_at" TIMESTAMPTZ,
    "version" BIGINT NOT NULL,
    CONSTRAINT "pk_customers" PRIMARY KEY ("id"),
    CONSTRAINT "ck_customers_name_length" CHECK (length("name") BETWEEN 1 AND 200),
    CONSTRAINT "ck_customers_email_length" CHECK (length("email") BETWEEN 3 AND 254),
    CONSTRAINT "ck_customers_phone_length" CHECK (length("phone") BETWEEN 8 AND 16),
    CONSTRAINT "ck_customers_phone_pattern" CHECK ("phone" ~ '^[+][1-9][0-9]{6,14}$')
);

CREATE UNIQUE INDEX "uq_customers_email" ON "customers" ("email") WHERE "deleted_at" IS NULL;

CREATE TABLE "order_lines" (
    "id" UUID NOT NULL,
    "order_id" UUID NOT NULL,
    "product_id" UUID NOT NULL,
    "quantity" INTEGER NOT NULL,
    "unit_price_cents" BIGINT NOT NULL,
    CONSTRAINT "pk_order_lines" PRIMARY KEY ("id"),
    CONSTRAINT "ck_order_lines_quantity_range" CHECK ("quantity" >= 1 AND "quantity" <= 1000),
    CONSTRAINT "ck_order_lines_unit_price_cents_range" CHECK ("unit_price_cents" >= 0 AND "unit_price_cents" <= 100000000),
    CONSTRAINT "fk_order_lines_order_id" FOREIGN KEY ("order_id") REFERENCES "orders" ("id") ON DELETE CASCADE,
    CONSTRAINT "fk_order_lines_product_id" FOREIGN KEY ("product_id") REFERENCES "products" ("id") ON DELETE RESTRICT
);

CREATE INDEX "ix_order_lines_order_id" ON "order_lines" ("order_id");

CREATE INDEX "ix_order_lines_product_id" ON "order_lines" ("product_id");

CREATE TABLE "orders" (
    "id" UUID NOT NULL,
    "customer_id" UUID NOT NULL,
    "status" TEXT COLLATE "C" NOT NULL,
    "total_cents" BIGINT NOT NULL,
    "placed_at" TIMESTAMPTZ,
    "paid_at" TIMESTAMPTZ,
    "created_at" TIMESTAMPTZ NOT NULL,
    "updated_at" TIMESTAMPTZ NOT NULL,
    "version" BIGINT NOT NULL,
    CONSTRAINT "pk_orders" PRIMARY KEY ("id"),
    CONSTRAINT "ck_orders_status_enum" CHECK ("status" IN ('draft', 'placed', 'shipped', 'cancelled')),
    CONSTRAINT "ck_orders_total_cents_range" CHECK ("total_cents" >= 0 AND "total_cents" <= 9000000000000),
    CONSTRAINT "fk_orders_customer_id" FOREIGN KEY ("customer_id") REFERENCES "customers" ("id") ON DELETE RESTRICT
);

CREATE INDEX "ix_orders_customer_id" ON "orders" ("customer_id");

CREATE TABLE "products" (
    "id" UUID NOT NULL,
    "sku" TEXT COLLATE "C" NOT NULL,
    "name" TEXT COLLATE "C" NOT NULL,
    "description" TEXT COLLATE "C",
    "price_cents" BIGINT NOT NULL,
    "active" BOOLEAN NOT NULL,
    "tags" JSONB NOT NULL,
    "category_id" UUID NOT NULL,
    "supplier_note" TEXT COLLATE "C",
    "created_at" TIMESTAMPTZ NOT NULL,
    "updated_at" TIMESTAMPTZ NOT NULL,
    "deleted_at" TIMESTAMPTZ,
    "version" BIGINT NOT NULL,
    CONSTRAINT "pk_products" PRIMARY KEY ("id"),
    CONSTRAINT "ck_products_sku_length" CHECK (length("sku") BETWEEN 1 AND 64),
    CONSTRAINT "ck_products_sku_pattern" CHECK ("sku" ~ '^[A-Z0-9-]+$'),
    CONSTRAINT "ck_products_name_length" CHECK (length("name") BETWEEN 1 AND 200),
    CONSTRAINT "ck_products_description_length" CHECK (length("description") <= 2000),
    CONSTRAINT "ck_products_price_cents_range" CHECK ("price_cents" >= 0 AND "price_cents" <= 100000000),
    CONSTRAINT "ck_products_tags_length" CHECK (jsonb_array_length("tags") <= 20),
    CONSTRAINT "fk_products_category_id" FOREIGN KEY ("category_id") REFERENCES "categories" ("id") ON DELETE RESTRICT
);

CREATE UNIQUE INDEX "uq_products_sku" ON "products" ("sku") WHERE "deleted_at" IS NULL;

CREATE INDEX "ix_products_category_id" ON "products" ("category_id");

CREATE TABLE "stocks" (
    "id" UUID NOT NULL,
    "product_id" UUID NOT NULL,
    "on_hand" INTEGER NOT NULL,
    "updated_at" TIMESTAMPTZ NOT NULL,
    "version" BIGINT NOT NULL,
    CONSTRAINT "pk_stocks" PRIMARY KEY ("id"),
    CONSTRAINT "ck_stocks_on_hand_range" CHECK ("on_hand" >= 0 AND "on_hand" <= 1000000),
    CONSTRAINT "fk_stocks_product_id" FOREIGN KEY ("product_id") REFERENCES "products" ("id") ON DELETE CASCADE
);

CREATE UNIQUE INDEX "uq_stocks_product_id" ON "stocks" ("product_id");
