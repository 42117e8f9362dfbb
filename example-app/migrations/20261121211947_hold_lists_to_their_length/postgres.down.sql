ALTER TABLE "products" DROP CONSTRAINT "ck_products_tags_length";
