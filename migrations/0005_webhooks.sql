-- Webhook endpoints, how far each has been sent the log, and what came of each delivery.

create table webhook_endpoints (
    reseller_id uuid not null,
    endpoint_id uuid not null,
    url text not null,
    -- Empty means every type.
    event_types text[] not null,
    -- Empty means every show; what happens to no show is sent in any case.
    show_ids uuid[] not null,
    -- paused: by its owner. disabled: by the platform, which says why.
    state text not null default 'enabled',
    disabled_reason text,
    -- When it answered the ping of this address; until then it is sent nothing else.
    verified_at timestamptz,
    -- v1: a shared secret (HMAC-SHA256). v1a: a key pair (ed25519).
    signature text not null,
    -- The form of the events it is sent.
    payload_version text not null,
    -- One at a time in the order of the log, and none before the one ahead of it was taken.
    ordered boolean not null,
    max_per_second int,
    -- Headers of its owner's own, as a JSON object; sealed, for some are credentials.
    headers_sealed bytea not null,
    header_names text[] not null,
    description text not null,
    version bigint not null default 1,
    created_at timestamptz not null,
    constraint webhook_endpoints_pkey primary key (reseller_id, endpoint_id),
    constraint webhook_endpoints_state check (state in ('enabled', 'paused', 'disabled')),
    constraint webhook_endpoints_disabled_reason check (
        (state = 'disabled') = (disabled_reason is not null) and disabled_reason in ('gone', 'failing')),
    constraint webhook_endpoints_signature check (signature in ('v1', 'v1a')),
    constraint webhook_endpoints_max_per_second check (max_per_second between 1 and 1000)
);
call isolate('webhook_endpoints');
call open_to_worker('webhook_endpoints');
grant select, insert, update, delete on webhook_endpoints to stagedoor_app;
grant select (reseller_id, endpoint_id, state) on webhook_endpoints to stagedoor_worker;

-- The keys that sign: the newest, and those before it until they end, by the tenant's clock.
create table webhook_secrets (
    reseller_id uuid not null,
    endpoint_id uuid not null,
    secret_no int not null,
    secret_sealed bytea not null,
    -- What a receiver verifies by, where that is no secret.
    public_key text,
    ends_at timestamptz not null default 'infinity',
    constraint webhook_secrets_pkey primary key (reseller_id, endpoint_id, secret_no),
    constraint webhook_secrets_endpoint_fkey foreign key (reseller_id, endpoint_id) references webhook_endpoints on delete cascade
);
call isolate('webhook_secrets');
grant select, insert, update, delete on webhook_secrets to stagedoor_app;

-- How far each endpoint is. Who leases a lane sends all that is due to its endpoint, and nobody else does meanwhile.
create table webhook_lanes (
    reseller_id uuid not null,
    endpoint_id uuid not null,
    -- What stands up to here in the log has been tried, or was not wanted.
    position bigint not null,
    -- The log's end when the lane last had nothing to do: it is worth a look when the log has grown since.
    seen bigint not null,
    -- When its first retry is due, by the tenant's clock.
    retry_at timestamptz not null default 'infinity',
    -- Counts the leases; only who has the last one may record.
    lease bigint not null default 0,
    -- By the cell's own clock.
    leased_until timestamptz not null default '-infinity',
    -- Since when nothing has been taken, by the tenant's clock; null while things are.
    failing_since timestamptz,
    -- Deliveries up to here may have been forgotten: that there is none does not say that it was not sent.
    forgotten_to bigint not null default 0,
    constraint webhook_lanes_pkey primary key (reseller_id, endpoint_id),
    constraint webhook_lanes_endpoint_fkey foreign key (reseller_id, endpoint_id) references webhook_endpoints on delete cascade
) with (fillfactor = 50);
call isolate('webhook_lanes');
call open_to_worker('webhook_lanes');
grant select, insert, update, delete on webhook_lanes to stagedoor_app;
grant select on webhook_lanes to stagedoor_worker;

-- One event for one endpoint, from its first attempt on. Pending: it is due again at due_at, by the tenant's clock.
-- No foreign key, which would cost more than the rest of the row: when an endpoint is deleted, these are by and by.
create table deliveries (
    reseller_id uuid not null,
    endpoint_id uuid not null,
    position bigint not null,
    event_id uuid not null,
    state text not null,
    -- Failed attempts since it was first sent, or sent again on request: where it is in the schedule.
    failures int not null,
    -- All attempts.
    attempts int not null,
    due_at timestamptz not null,
    -- The latest attempt, which mostly is the only one, so that a delivery is one row: when, by the tenant's clock; how long it
    -- took; the receiver's HTTP status, or null when none came: then the error says why; and what it answered.
    attempted_at timestamptz,
    duration_ms int,
    status int,
    error text,
    answer_head text,
    constraint deliveries_pkey primary key (reseller_id, endpoint_id, position),
    constraint deliveries_state check (state in ('pending', 'delivered', 'failed')),
    constraint deliveries_attempted check (
        (attempts > 0) = (attempted_at is not null) and num_nulls(attempted_at, duration_ms, answer_head) in (0, 3))
) with (fillfactor = 90);
create index deliveries_pending_idx on deliveries (reseller_id, endpoint_id, due_at, position) where state = 'pending';
create index deliveries_failed_idx on deliveries (reseller_id, endpoint_id, position) where state = 'failed';
call isolate('deliveries');
grant select, insert, update, delete on deliveries to stagedoor_app;

-- The attempts of a delivery before its latest.
create table delivery_attempts (
    reseller_id uuid not null,
    endpoint_id uuid not null,
    position bigint not null,
    attempt int not null,
    attempted_at timestamptz not null,
    duration_ms int not null,
    status int,
    error text,
    answer_head text not null,
    constraint delivery_attempts_pkey primary key (reseller_id, endpoint_id, position, attempt)
);
call isolate('delivery_attempts');
grant select, insert, delete on delivery_attempts to stagedoor_app;

-- Endpoints that were deleted, until their deliveries are too: those may be millions, and go page by page.
create table deleted_endpoints (
    reseller_id uuid not null,
    endpoint_id uuid not null,
    constraint deleted_endpoints_pkey primary key (reseller_id, endpoint_id)
);
call isolate('deleted_endpoints');
call open_to_worker('deleted_endpoints');
grant select, insert, delete on deleted_endpoints to stagedoor_app;
grant select on deleted_endpoints to stagedoor_worker;
