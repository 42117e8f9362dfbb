ALTER TABLE "products" ADD CONSTRAINT "ck_products_tags_length" CHECK (jsonb_array_length("tags") <= 20);
