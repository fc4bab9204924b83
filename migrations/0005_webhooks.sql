-- Webhook endpoints and the dispatcher's queue.

create table webhook_endpoints (
    reseller_id uuid not null,
    endpoint_id uuid not null,
    url text not null,
    -- Empty means every type.
    event_types text[] not null,
    state text not null default 'enabled',
    secret_sealed bytea not null,
    description text not null,
    -- The reseller's last position when the endpoint was made: it gets what comes after.
    after_position bigint not null,
    version bigint not null default 1,
    created_at timestamptz not null,
    constraint webhook_endpoints_pkey primary key (reseller_id, endpoint_id),
    constraint webhook_endpoints_state check (state in ('enabled', 'disabled'))
);
call isolate('webhook_endpoints');
call open_to_worker('webhook_endpoints');
grant select, insert, update, delete on webhook_endpoints to stagedoor_app;
grant select, update (state, version) on webhook_endpoints to stagedoor_worker;

-- How far each reseller's log has been turned into deliveries.
create table webhook_cursors (
    reseller_id uuid not null,
    position bigint not null,
    constraint webhook_cursors_pkey primary key (reseller_id)
);
call isolate('webhook_cursors');
call open_to_worker('webhook_cursors');
grant select on webhook_cursors to stagedoor_app;
grant select, insert, update on webhook_cursors to stagedoor_worker;

-- One event for one endpoint. Pending ones are due at due_at; a claimed one is leased until leased_until.
create table deliveries (
    reseller_id uuid not null,
    endpoint_id uuid not null,
    event_id uuid not null,
    position bigint not null,
    state text not null default 'pending',
    attempts int not null default 0,
    due_at timestamptz not null,
    leased_until timestamptz not null default '-infinity',
    constraint deliveries_pkey primary key (reseller_id, endpoint_id, event_id),
    constraint deliveries_endpoint_fkey foreign key (reseller_id, endpoint_id) references webhook_endpoints on delete cascade,
    constraint deliveries_state check (state in ('pending', 'delivered', 'failed'))
) with (fillfactor = 70);
-- Endpoint by endpoint, so that a long backlog of one is never walked through to reach the others.
create index deliveries_pending_idx on deliveries (reseller_id, endpoint_id, due_at, position) where state = 'pending';
call isolate('deliveries');
call open_to_worker('deliveries');
grant select on deliveries to stagedoor_app;
grant select, insert, update on deliveries to stagedoor_worker;

create table delivery_attempts (
    reseller_id uuid not null,
    endpoint_id uuid not null,
    event_id uuid not null,
    attempt int not null,
    at timestamptz not null,
    duration_ms int not null,
    -- The receiver's HTTP status, or null when none came; then error says why.
    status int,
    error text,
    answer_head text not null,
    constraint delivery_attempts_pkey primary key (reseller_id, endpoint_id, event_id, attempt),
    constraint delivery_attempts_delivery_fkey foreign key (reseller_id, endpoint_id, event_id)
        references deliveries on delete cascade
);
call isolate('delivery_attempts');
call open_to_worker('delivery_attempts');
grant select on delivery_attempts to stagedoor_app;
grant select, insert on delivery_attempts to stagedoor_worker;
