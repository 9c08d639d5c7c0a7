CREATE SEQUENCE "public"."stream_ids" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1;--> statement-breakpoint
CREATE TABLE "api_tokens" (
	"id" text PRIMARY KEY NOT NULL,
	"user_id" text NOT NULL,
	"org_id" text,
	"name" text NOT NULL,
	"secret_hash" text NOT NULL,
	"max_role" text NOT NULL,
	"scopes" jsonb,
	"expires_at" timestamp with time zone,
	"revoked_at" timestamp with time zone,
	"last_used_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "audit_log" (
	"id" text PRIMARY KEY NOT NULL,
	"org_id" text,
	"seq" bigint NOT NULL,
	"actor_kind" text NOT NULL,
	"actor_id" text NOT NULL,
	"action" text NOT NULL,
	"target_kind" text NOT NULL,
	"target_id" text NOT NULL,
	"detail" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"transport" text NOT NULL,
	"ip" text,
	"request_id" text,
	"at" timestamp with time zone NOT NULL,
	"prev_hash" text NOT NULL,
	"hash" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "idempotency_keys" (
	"scope" text NOT NULL,
	"key" text NOT NULL,
	"body_hash" text NOT NULL,
	"response" jsonb,
	"expires_at" timestamp with time zone NOT NULL,
	CONSTRAINT "idempotency_keys_scope_key_pk" PRIMARY KEY("scope","key")
);
--> statement-breakpoint
CREATE TABLE "link_codes" (
	"id" text PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"secret_hash" text NOT NULL,
	"user_id" text,
	"org_id" text,
	"role" text,
	"email" text,
	"created_by" text,
	"expires_at" timestamp with time zone NOT NULL,
	"used_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "link_codes_kind" CHECK ("link_codes"."kind" in ('setup','sign_in','invitation'))
);
--> statement-breakpoint
CREATE TABLE "logins" (
	"id" text PRIMARY KEY NOT NULL,
	"user_id" text NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"ip" text,
	"agent" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "memberships" (
	"org_id" text NOT NULL,
	"user_id" text NOT NULL,
	"role" text NOT NULL,
	"approve" boolean,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "memberships_org_id_user_id_pk" PRIMARY KEY("org_id","user_id"),
	CONSTRAINT "memberships_role" CHECK ("memberships"."role" in ('owner','operator','viewer'))
);
--> statement-breakpoint
CREATE TABLE "orgs" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"limits" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "settings" (
	"key" text PRIMARY KEY NOT NULL,
	"value" jsonb NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "users" (
	"id" text PRIMARY KEY NOT NULL,
	"email" text,
	"name" text NOT NULL,
	"password_hash" text,
	"is_admin" boolean DEFAULT false NOT NULL,
	"is_service" boolean DEFAULT false NOT NULL,
	"disabled_at" timestamp with time zone,
	"preferences" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "events" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "events_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"org_id" text NOT NULL,
	"village_id" text,
	"house_id" text,
	"agent_id" text,
	"session_id" text,
	"stream" text NOT NULL,
	"seq" bigint NOT NULL,
	"type" text NOT NULL,
	"data" jsonb NOT NULL,
	"actor" text NOT NULL,
	"request_id" text,
	"at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "streams" (
	"stream" text PRIMARY KEY NOT NULL,
	"org_id" text NOT NULL,
	"seq" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "runner_join_tokens" (
	"id" text PRIMARY KEY NOT NULL,
	"org_id" text NOT NULL,
	"secret_hash" text NOT NULL,
	"label" text,
	"expires_at" timestamp with time zone NOT NULL,
	"used_at" timestamp with time zone,
	"used_by_runner" text,
	"created_by" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "runner_outbox" (
	"runner_id" text NOT NULL,
	"seq" bigint NOT NULL,
	"frame" jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "runner_outbox_runner_id_seq_pk" PRIMARY KEY("runner_id","seq")
);
--> statement-breakpoint
CREATE TABLE "runners" (
	"id" text PRIMARY KEY NOT NULL,
	"org_id" text NOT NULL,
	"hostname" text NOT NULL,
	"label" text,
	"os" text NOT NULL,
	"arch" text NOT NULL,
	"credential_hash" text NOT NULL,
	"prev_credential_hash" text,
	"prev_valid_until" timestamp with time zone,
	"capacity" integer DEFAULT 5 NOT NULL,
	"features" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"providers" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"allow_local" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"metadata" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"runtime_versions" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"load" jsonb,
	"mode" text DEFAULT 'active' NOT NULL,
	"connected" boolean DEFAULT false NOT NULL,
	"connected_at" timestamp with time zone,
	"last_seen_at" timestamp with time zone,
	"last_assigned_at" timestamp with time zone,
	"clock_skew_ms" integer,
	"recv_boot_id" text,
	"recv_seq" bigint DEFAULT 0 NOT NULL,
	"out_seq" bigint DEFAULT 0 NOT NULL,
	"runner_version" text DEFAULT '' NOT NULL,
	"drain_deadline" timestamp with time zone,
	"local" boolean DEFAULT false NOT NULL,
	"deleted_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "runners_mode" CHECK ("runners"."mode" in ('active','draining','maintenance'))
);
--> statement-breakpoint
CREATE TABLE "approvals" (
	"id" text PRIMARY KEY NOT NULL,
	"org_id" text NOT NULL,
	"session_id" text NOT NULL,
	"agent_id" text NOT NULL,
	"attempt" integer NOT NULL,
	"kind" text DEFAULT 'tool' NOT NULL,
	"action" text NOT NULL,
	"risk" text NOT NULL,
	"summary" text NOT NULL,
	"details" jsonb,
	"tool" text,
	"command" text,
	"cwd" text,
	"diff" text,
	"paths" jsonb,
	"options" jsonb,
	"source" text DEFAULT 'ask' NOT NULL,
	"generation" integer DEFAULT 1 NOT NULL,
	"status" text DEFAULT 'pending' NOT NULL,
	"effect" text,
	"requested_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"resolved_at" timestamp with time zone,
	"resolved_kind" text,
	"resolved_by" text,
	"resolved_by_name" text,
	"resolved_via" text,
	"reason" text,
	"answer" jsonb,
	"demo" boolean DEFAULT false NOT NULL
);
--> statement-breakpoint
CREATE TABLE "session_attempts" (
	"session_id" text NOT NULL,
	"attempt" integer NOT NULL,
	"runner_id" text NOT NULL,
	"stream_id" bigint NOT NULL,
	"term_base" bigint NOT NULL,
	"usage" jsonb NOT NULL,
	"assigned_at" timestamp with time zone NOT NULL,
	"accepted_at" timestamp with time zone,
	"started_at" timestamp with time zone,
	"ended_at" timestamp with time zone,
	"outcome" text,
	"excluded_until" timestamp with time zone,
	CONSTRAINT "session_attempts_session_id_attempt_pk" PRIMARY KEY("session_id","attempt")
);
--> statement-breakpoint
CREATE TABLE "sessions" (
	"id" text PRIMARY KEY NOT NULL,
	"org_id" text NOT NULL,
	"village_id" text,
	"house_id" text,
	"agent_id" text NOT NULL,
	"provider_id" text NOT NULL,
	"model" text,
	"mode" text DEFAULT 'pty' NOT NULL,
	"level" text DEFAULT 'L1' NOT NULL,
	"task" text,
	"spec" jsonb NOT NULL,
	"env_enc" "bytea",
	"state" text NOT NULL,
	"phase" text NOT NULL,
	"queue_reason" text,
	"rev" integer DEFAULT 1 NOT NULL,
	"attempt" integer DEFAULT 0 NOT NULL,
	"runner_id" text,
	"stream_id" bigint,
	"runtime_version" text,
	"priority" smallint DEFAULT 0 NOT NULL,
	"on_deny" text DEFAULT 'continue' NOT NULL,
	"on_runner_lost" text DEFAULT 'wait' NOT NULL,
	"stop_cause" text,
	"stop_reason" text,
	"stop_requested_at" timestamp with time zone,
	"created_by" text NOT NULL,
	"timeout_minutes" integer NOT NULL,
	"queued_at" timestamp with time zone,
	"started_at" timestamp with time zone,
	"deadline_at" timestamp with time zone,
	"paused_at" timestamp with time zone,
	"paused_ms" bigint DEFAULT 0 NOT NULL,
	"ended_at" timestamp with time zone,
	"exit_code" integer,
	"exit_signal" text,
	"end_reason" text,
	"failure_class" text,
	"usage" jsonb NOT NULL,
	"branch" text,
	"head_sha" text,
	"cols" integer DEFAULT 80 NOT NULL,
	"rows" integer DEFAULT 24 NOT NULL,
	"term_base" bigint DEFAULT 0 NOT NULL,
	"term_next" bigint DEFAULT 0 NOT NULL,
	"input_next" bigint DEFAULT 0 NOT NULL,
	"connectivity" text DEFAULT 'ok' NOT NULL,
	"lost_at" timestamp with time zone,
	"data_expired" boolean DEFAULT false NOT NULL,
	"demo" boolean DEFAULT false NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"updated_at" timestamp with time zone NOT NULL,
	CONSTRAINT "sessions_state" CHECK ("sessions"."state" in ('CREATED','QUEUED','RUNNING','WAITING_FOR_APPROVAL','PAUSED_BY_HUMAN','COMPLETED','FAILED','TIMED_OUT','STOPPED'))
);
--> statement-breakpoint
CREATE TABLE "terminal_gaps" (
	"session_id" text NOT NULL,
	"kind" smallint NOT NULL,
	"from_offset" bigint NOT NULL,
	"to_offset" bigint NOT NULL,
	"reason" text NOT NULL,
	"at" timestamp with time zone NOT NULL,
	CONSTRAINT "terminal_gaps_session_id_kind_from_offset_pk" PRIMARY KEY("session_id","kind","from_offset")
);
--> statement-breakpoint
CREATE TABLE "terminal_input" (
	"session_id" text NOT NULL,
	"attempt" integer NOT NULL,
	"start_offset" bigint NOT NULL,
	"data" "bytea" NOT NULL,
	"at" timestamp with time zone NOT NULL,
	CONSTRAINT "terminal_input_session_id_attempt_start_offset_pk" PRIMARY KEY("session_id","attempt","start_offset")
);
--> statement-breakpoint
CREATE TABLE "terminal_segments" (
	"session_id" text NOT NULL,
	"kind" smallint NOT NULL,
	"start_offset" bigint NOT NULL,
	"end_offset" bigint,
	"file" text NOT NULL,
	"opened_at" timestamp with time zone NOT NULL,
	"sealed_at" timestamp with time zone,
	CONSTRAINT "terminal_segments_session_id_kind_start_offset_pk" PRIMARY KEY("session_id","kind","start_offset")
);
--> statement-breakpoint
CREATE TABLE "agents" (
	"id" text PRIMARY KEY NOT NULL,
	"org_id" text NOT NULL,
	"village_id" text NOT NULL,
	"name" text NOT NULL,
	"house_id" text,
	"default_provider" text NOT NULL,
	"sprite" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"state" text DEFAULT 'idle' NOT NULL,
	"state_since" timestamp with time zone DEFAULT now() NOT NULL,
	"energy" real DEFAULT 100 NOT NULL,
	"frustration" real DEFAULT 0 NOT NULL,
	"streak" integer DEFAULT 0 NOT NULL,
	"error_streak" integer DEFAULT 0 NOT NULL,
	"last_work" jsonb,
	"last_end" jsonb,
	"demo" boolean DEFAULT false NOT NULL,
	"deleted_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "houses" (
	"id" text PRIMARY KEY NOT NULL,
	"org_id" text NOT NULL,
	"village_id" text NOT NULL,
	"name" text NOT NULL,
	"source" text NOT NULL,
	"url" text,
	"local_path" text,
	"runner_id" text,
	"default_branch" text DEFAULT 'main' NOT NULL,
	"language" text,
	"files" integer,
	"x" real,
	"y" real,
	"demo" boolean DEFAULT false NOT NULL,
	"created_by" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "houses_source_check" CHECK ("houses"."source" in ('github','git_url','local'))
);
--> statement-breakpoint
CREATE TABLE "villages" (
	"id" text PRIMARY KEY NOT NULL,
	"org_id" text NOT NULL,
	"name" text NOT NULL,
	"visibility" text DEFAULT 'private' NOT NULL,
	"seed" text NOT NULL,
	"layout_version" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "villages_visibility" CHECK ("villages"."visibility" in ('private','public'))
);
--> statement-breakpoint
ALTER TABLE "api_tokens" ADD CONSTRAINT "api_tokens_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "api_tokens" ADD CONSTRAINT "api_tokens_org_id_orgs_id_fk" FOREIGN KEY ("org_id") REFERENCES "public"."orgs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "link_codes" ADD CONSTRAINT "link_codes_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "link_codes" ADD CONSTRAINT "link_codes_org_id_orgs_id_fk" FOREIGN KEY ("org_id") REFERENCES "public"."orgs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "logins" ADD CONSTRAINT "logins_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "memberships" ADD CONSTRAINT "memberships_org_id_orgs_id_fk" FOREIGN KEY ("org_id") REFERENCES "public"."orgs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "memberships" ADD CONSTRAINT "memberships_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "runner_join_tokens" ADD CONSTRAINT "runner_join_tokens_org_id_orgs_id_fk" FOREIGN KEY ("org_id") REFERENCES "public"."orgs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "runner_outbox" ADD CONSTRAINT "runner_outbox_runner_id_runners_id_fk" FOREIGN KEY ("runner_id") REFERENCES "public"."runners"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "runners" ADD CONSTRAINT "runners_org_id_orgs_id_fk" FOREIGN KEY ("org_id") REFERENCES "public"."orgs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "approvals" ADD CONSTRAINT "approvals_session_id_sessions_id_fk" FOREIGN KEY ("session_id") REFERENCES "public"."sessions"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "session_attempts" ADD CONSTRAINT "session_attempts_session_id_sessions_id_fk" FOREIGN KEY ("session_id") REFERENCES "public"."sessions"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_agent_id_agents_id_fk" FOREIGN KEY ("agent_id") REFERENCES "public"."agents"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "terminal_gaps" ADD CONSTRAINT "terminal_gaps_session_id_sessions_id_fk" FOREIGN KEY ("session_id") REFERENCES "public"."sessions"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "terminal_input" ADD CONSTRAINT "terminal_input_session_id_sessions_id_fk" FOREIGN KEY ("session_id") REFERENCES "public"."sessions"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "terminal_segments" ADD CONSTRAINT "terminal_segments_session_id_sessions_id_fk" FOREIGN KEY ("session_id") REFERENCES "public"."sessions"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "agents" ADD CONSTRAINT "agents_village_id_villages_id_fk" FOREIGN KEY ("village_id") REFERENCES "public"."villages"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "agents" ADD CONSTRAINT "agents_house_id_houses_id_fk" FOREIGN KEY ("house_id") REFERENCES "public"."houses"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "houses" ADD CONSTRAINT "houses_village_id_villages_id_fk" FOREIGN KEY ("village_id") REFERENCES "public"."villages"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "villages" ADD CONSTRAINT "villages_org_id_orgs_id_fk" FOREIGN KEY ("org_id") REFERENCES "public"."orgs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "api_tokens_secret" ON "api_tokens" USING btree ("secret_hash");--> statement-breakpoint
CREATE INDEX "api_tokens_user" ON "api_tokens" USING btree ("user_id");--> statement-breakpoint
CREATE UNIQUE INDEX "audit_org_seq" ON "audit_log" USING btree ("org_id","seq");--> statement-breakpoint
CREATE UNIQUE INDEX "link_codes_secret" ON "link_codes" USING btree ("secret_hash");--> statement-breakpoint
CREATE INDEX "logins_user" ON "logins" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "memberships_user" ON "memberships" USING btree ("user_id");--> statement-breakpoint
CREATE UNIQUE INDEX "users_email" ON "users" USING btree (lower("email"));--> statement-breakpoint
CREATE INDEX "events_org" ON "events" USING btree ("org_id","id");--> statement-breakpoint
CREATE INDEX "events_village" ON "events" USING btree ("village_id","id");--> statement-breakpoint
CREATE INDEX "events_session" ON "events" USING btree ("session_id","id");--> statement-breakpoint
CREATE UNIQUE INDEX "events_stream_seq" ON "events" USING btree ("stream","seq");--> statement-breakpoint
CREATE UNIQUE INDEX "runner_join_tokens_secret" ON "runner_join_tokens" USING btree ("secret_hash");--> statement-breakpoint
CREATE INDEX "runners_org" ON "runners" USING btree ("org_id");--> statement-breakpoint
CREATE INDEX "approvals_session" ON "approvals" USING btree ("session_id","status");--> statement-breakpoint
CREATE INDEX "approvals_org" ON "approvals" USING btree ("org_id","status","requested_at");--> statement-breakpoint
CREATE INDEX "approvals_pending" ON "approvals" USING btree ("expires_at") WHERE status = 'pending';--> statement-breakpoint
CREATE UNIQUE INDEX "session_attempts_stream" ON "session_attempts" USING btree ("stream_id");--> statement-breakpoint
CREATE UNIQUE INDEX "session_attempts_live" ON "session_attempts" USING btree ("session_id") WHERE ended_at is null;--> statement-breakpoint
CREATE UNIQUE INDEX "sessions_active_agent" ON "sessions" USING btree ("agent_id") WHERE state in ('CREATED','QUEUED','RUNNING','WAITING_FOR_APPROVAL','PAUSED_BY_HUMAN');--> statement-breakpoint
CREATE INDEX "sessions_org_state" ON "sessions" USING btree ("org_id","state");--> statement-breakpoint
CREATE INDEX "sessions_org_created" ON "sessions" USING btree ("org_id","created_at" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "sessions_runner_active" ON "sessions" USING btree ("runner_id") WHERE state in ('CREATED','QUEUED','RUNNING','WAITING_FOR_APPROVAL','PAUSED_BY_HUMAN');--> statement-breakpoint
CREATE INDEX "sessions_queued" ON "sessions" USING btree ("queued_at") WHERE state = 'QUEUED';--> statement-breakpoint
CREATE INDEX "sessions_deadline" ON "sessions" USING btree ("deadline_at") WHERE state in ('CREATED','QUEUED','RUNNING','WAITING_FOR_APPROVAL','PAUSED_BY_HUMAN');--> statement-breakpoint
CREATE INDEX "sessions_ended" ON "sessions" USING btree ("ended_at") WHERE not data_expired;--> statement-breakpoint
CREATE INDEX "agents_village" ON "agents" USING btree ("village_id");--> statement-breakpoint
CREATE INDEX "agents_org" ON "agents" USING btree ("org_id");--> statement-breakpoint
CREATE INDEX "houses_village" ON "houses" USING btree ("village_id");--> statement-breakpoint
CREATE UNIQUE INDEX "houses_source" ON "houses" USING btree ("village_id","source",coalesce("url", ''),coalesce("local_path", ''),coalesce("runner_id", ''));--> statement-breakpoint
CREATE INDEX "villages_org" ON "villages" USING btree ("org_id");--> statement-breakpoint
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END $$;
--> statement-breakpoint
CREATE TRIGGER events_append_only BEFORE UPDATE ON "events" FOR EACH ROW EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER audit_append_only BEFORE UPDATE ON "audit_log" FOR EACH ROW EXECUTE FUNCTION refuse_change();
