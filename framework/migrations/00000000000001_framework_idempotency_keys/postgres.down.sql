DROP TABLE "_idempotency_keys";
