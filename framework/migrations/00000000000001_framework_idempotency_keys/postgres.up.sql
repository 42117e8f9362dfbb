CREATE TABLE "_idempotency_keys" (
    "id" TEXT COLLATE "C" NOT NULL,
    "fingerprint" TEXT COLLATE "C" NOT NULL,
    "status" INTEGER NOT NULL,
    "headers" JSONB NOT NULL,
    "body" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ NOT NULL,
    "expires_at" TIMESTAMPTZ NOT NULL,
    CONSTRAINT "pk__idempotency_keys" PRIMARY KEY ("id")
);

CREATE INDEX "ix__idempotency_keys_expires_at" ON "_idempotency_keys" ("expires_at");
