CREATE TABLE "_idempotency_keys" (
    "id" TEXT NOT NULL,
    "fingerprint" TEXT NOT NULL,
    "status" INTEGER NOT NULL,
    "headers" TEXT NOT NULL,
    "body" BLOB NOT NULL,
    "created_at" TEXT NOT NULL,
    "expires_at" TEXT NOT NULL,
    CONSTRAINT "pk__idempotency_keys" PRIMARY KEY ("id")
);

CREATE INDEX "ix__idempotency_keys_expires_at" ON "_idempotency_keys" ("expires_at");
