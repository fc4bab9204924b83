-- The ground every business stands on: tenant isolation, the cell's clock, the event log, idempotency, throttling.
--
-- Roles exist before the first migration (deploy/postgres.sql, or `stagedoor start` for its own cluster):
--   stagedoor_owner   owns the schema and runs migrations; no process that serves logs in as it.
--   stagedoor_app     serves requests. Row-level security is forced on it: it sees one tenant, or none.
--   stagedoor_worker  runs what goes over tenants (sequencer, dispatcher, sweeper); it has its own policies on the few
--                     tables and columns named below, and nothing else.

-- Closes a tenant table: rows are seen and written only under the tenant set for the transaction; unset means none.
create procedure isolate(target regclass) language plpgsql as $$
begin
    execute format('alter table %s enable row level security', target);
    execute format('alter table %s force row level security', target);
    execute format(
        'create policy tenant on %s using (reseller_id = nullif(current_setting(''app.tenant'', true), '''')::uuid)'
        ' with check (reseller_id = nullif(current_setting(''app.tenant'', true), '''')::uuid)', target);
end $$;

-- Lets the worker role over the tenants of one table; which commands it has is said by the grants beside the call.
create procedure open_to_worker(target regclass) language plpgsql as $$
begin
    execute format('create policy worker on %s to stagedoor_worker using (true) with check (true)', target);
end $$;

-- How far ahead of the cell's clock a test environment's clock stands. Live environments have no row.
create table test_clocks (
    reseller_id uuid not null,
    ahead interval not null,
    constraint test_clocks_pkey primary key (reseller_id),
    constraint test_clocks_forward_only check (ahead >= interval '0')
);
call isolate('test_clocks');
call open_to_worker('test_clocks');
grant select, insert, update on test_clocks to stagedoor_app;
grant select on test_clocks to stagedoor_worker;

-- The only clock that rules may ask. clock_timestamp(), because now() is stale once a lock was waited for.
create function cell_now() returns timestamptz language sql volatile parallel restricted as $$
    select clock_timestamp() + coalesce(
        (select c.ahead from test_clocks c where c.reseller_id = nullif(current_setting('app.tenant', true), '')::uuid),
        interval '0')
$$;

-- The event log: one row for every change that anyone may want to know of, written in the change's own transaction.
create table events (
    reseller_id uuid not null,
    event_id uuid not null,
    type text not null,
    object_type text not null,
    object_id uuid not null,
    version bigint,
    occurred_at timestamptz not null,
    data jsonb not null,
    constraint events_pkey primary key (reseller_id, event_id)
);
create unique index events_object_version_key on events (reseller_id, object_id, version) where version is not null;
call isolate('events');
call open_to_worker('events');
grant select, insert on events to stagedoor_app;
grant select on events to stagedoor_worker;

-- Events without a position yet. `seq` orders the events of one page; between transactions the lock on the object does.
create table event_inbox (
    reseller_id uuid not null,
    seq bigint generated always as identity,
    event_id uuid not null,
    constraint event_inbox_pkey primary key (reseller_id, seq)
);
create index event_inbox_seq_idx on event_inbox (seq);
call isolate('event_inbox');
call open_to_worker('event_inbox');
grant insert on event_inbox to stagedoor_app;
grant select, delete on event_inbox to stagedoor_worker;

-- A committed event's dense place in its reseller's log, given by the cell's sequencer. Readers follow positions only.
create table event_positions (
    reseller_id uuid not null,
    position bigint not null,
    event_id uuid not null,
    object_id uuid not null,
    -- Which event of its object it is: 1, 2, 3, whatever was taken back meanwhile. Internal events are not counted.
    sequence bigint,
    constraint event_positions_pkey primary key (reseller_id, position),
    constraint event_positions_event_key unique (reseller_id, event_id)
);
create unique index event_positions_sequence_key on event_positions (reseller_id, object_id, sequence) where sequence is not null;
call isolate('event_positions');
call open_to_worker('event_positions');
grant select on event_positions to stagedoor_app;
grant select, insert on event_positions to stagedoor_worker;

create table event_counters (
    reseller_id uuid not null,
    position bigint not null,
    constraint event_counters_pkey primary key (reseller_id)
);
call isolate('event_counters');
call open_to_worker('event_counters');
grant select on event_counters to stagedoor_app;
grant select, insert, update on event_counters to stagedoor_worker;

-- One row in a cell; holding its lock is being the sequencer.
create table sequencer (
    id int not null,
    constraint sequencer_pkey primary key (id),
    constraint sequencer_single check (id = 1)
);
insert into sequencer (id) values (1);
grant select, update on sequencer to stagedoor_worker;

-- Idempotency keys with the stored answer: claimed, effected and answered in one transaction.
create table idempotency_keys (
    reseller_id uuid not null,
    key text not null,
    request_hash bytea not null,
    state text not null,
    status smallint,
    answer text,
    -- The answer, sealed; in the clear only those of holds, which have no secret and are stored by the thousand.
    answer_sealed bytea,
    etag text,
    lease_until timestamptz,
    created_at timestamptz not null,
    constraint idempotency_keys_pkey primary key (reseller_id, key),
    constraint idempotency_keys_state check (state in ('running', 'done')),
    constraint idempotency_keys_done_has_answer check (state <> 'done' or (status is not null and num_nonnulls(answer, answer_sealed) = 1))
);
-- What is sealed cannot be compressed, and an answer is written once and seldom read: it stays in its row.
alter table idempotency_keys alter column answer_sealed set storage external;
alter table idempotency_keys set (toast_tuple_target = 8160);
create index idempotency_keys_created_idx on idempotency_keys (created_at);
call isolate('idempotency_keys');
call open_to_worker('idempotency_keys');
grant select, insert, update, delete on idempotency_keys to stagedoor_app;
grant select (reseller_id, key, created_at), delete on idempotency_keys to stagedoor_worker;

-- A fence per combined batch: inserting the same id again tells whether a commit of unknown outcome took place.
create table batches (
    reseller_id uuid not null,
    batch_id uuid not null,
    created_at timestamptz not null default clock_timestamp(),
    constraint batches_pkey primary key (reseller_id, batch_id)
);
create index batches_created_idx on batches (created_at);
call isolate('batches');
call open_to_worker('batches');
grant insert, select on batches to stagedoor_app;
grant select, delete on batches to stagedoor_worker;

-- Token buckets shared by all processes of a cell, as the time at which each is full again (GCRA). They may be lost in a
-- crash, so they cost no WAL. Keys are hashes: no tenant's data.
create unlogged table throttles (
    bucket bytea not null,
    full_at timestamptz not null,
    constraint throttles_pkey primary key (bucket)
) with (fillfactor = 50);
grant select, insert, update, delete on throttles to stagedoor_app, stagedoor_worker;
