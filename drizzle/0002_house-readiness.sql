ALTER TABLE "houses" ADD COLUMN "branch_given" boolean DEFAULT true NOT NULL;--> statement-breakpoint
ALTER TABLE "houses" ADD COLUMN "readiness" text DEFAULT 'unknown' NOT NULL;--> statement-breakpoint
ALTER TABLE "houses" ADD COLUMN "readiness_note" text;--> statement-breakpoint
ALTER TABLE "houses" ADD COLUMN "checked_by" text;--> statement-breakpoint
ALTER TABLE "houses" ADD CONSTRAINT "houses_readiness" CHECK ("houses"."readiness" in ('unknown','checking','ready','failed'));