CREATE TABLE "approval_bypasses" (
	"id" text PRIMARY KEY NOT NULL,
	"org_id" text NOT NULL,
	"scope" text NOT NULL,
	"scope_id" text NOT NULL,
	"reason" text NOT NULL,
	"until" timestamp with time zone NOT NULL,
	"uses" integer DEFAULT 0 NOT NULL,
	"created_by" text NOT NULL,
	"created_by_name" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"ended_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "approval_rules" (
	"id" text PRIMARY KEY NOT NULL,
	"org_id" text NOT NULL,
	"scope" text NOT NULL,
	"scope_id" text NOT NULL,
	"action" text NOT NULL,
	"tool_pattern" text,
	"command_pattern" text,
	"path_pattern" text,
	"max_risk" text,
	"decision" text NOT NULL,
	"locked" boolean DEFAULT false NOT NULL,
	"expires_at" timestamp with time zone,
	"uses" integer DEFAULT 0 NOT NULL,
	"created_by" text NOT NULL,
	"created_by_name" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	CONSTRAINT "approval_rules_locked" CHECK (not "approval_rules"."locked" or "approval_rules"."scope" = 'org')
);
--> statement-breakpoint
ALTER TABLE "approvals" ADD COLUMN "rule_id" text;--> statement-breakpoint
ALTER TABLE "approvals" ADD COLUMN "bypass_id" text;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "unattended" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "approval_bypasses" ADD CONSTRAINT "approval_bypasses_org_id_orgs_id_fk" FOREIGN KEY ("org_id") REFERENCES "public"."orgs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "approval_rules" ADD CONSTRAINT "approval_rules_org_id_orgs_id_fk" FOREIGN KEY ("org_id") REFERENCES "public"."orgs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "approval_bypasses_scope" ON "approval_bypasses" USING btree ("org_id","scope","scope_id");--> statement-breakpoint
CREATE INDEX "approval_rules_scope" ON "approval_rules" USING btree ("org_id","scope","scope_id");