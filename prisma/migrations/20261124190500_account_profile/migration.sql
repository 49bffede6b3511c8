-- What an account says of itself, and where its bills go.
ALTER TABLE "account" ADD COLUMN "location" TEXT,
ADD COLUMN "link" TEXT,
ADD COLUMN "billing_email" TEXT;
