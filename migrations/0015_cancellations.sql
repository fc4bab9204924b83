-- A performance that does not take place: what its buyers are offered, and what each of them got.
create table cancellations (
    reseller_id uuid not null,
    cancellation_id uuid not null,
    performance_id uuid not null,
    state text not null default 'telling',
    offered text[] not null,
    default_decision text not null,
    replacement_id uuid,
    decide_by timestamptz not null,
    -- When the worker looks at it next.
    due_at timestamptz not null,
    -- How far the replacement's tiers have been gone through for equal tickets.
    drawn jsonb not null default '{}',
    created_at timestamptz not null,
    version bigint not null default 1,
    constraint cancellations_pkey primary key (reseller_id, cancellation_id),
    constraint cancellations_performance_fkey foreign key (reseller_id, performance_id) references performances on delete cascade,
    constraint cancellations_replacement_fkey foreign key (reseller_id, replacement_id) references performances (reseller_id, performance_id),
    constraint cancellations_once_key unique (reseller_id, performance_id),
    constraint cancellations_state check (state in ('telling', 'deciding', 'closing', 'done')),
    constraint cancellations_offered check (
        cardinality(offered) > 0 and offered <@ array['refund', 'replacement', 'credit'] and default_decision = any (offered)),
    constraint cancellations_replacement check (('replacement' = any (offered)) = (replacement_id is not null))
);
create index cancellations_due_idx on cancellations (due_at) where state <> 'done';
call isolate('cancellations');
call open_to_worker('cancellations');
grant select, insert, update on cancellations to stagedoor_app;
grant select (reseller_id, cancellation_id, state, due_at) on cancellations to stagedoor_worker;

-- An order with tickets of it, from when its buyer was told. It has one outcome, and that once.
create table cancellation_orders (
    reseller_id uuid not null,
    cancellation_id uuid not null,
    order_id uuid not null,
    -- Null: no outcome yet.
    decision text,
    by_default boolean not null default false,
    -- None for tickets that were free.
    refund_id uuid,
    -- Why the tickets could not be given back though that was decided, or why it is tried again.
    problem text,
    -- The replacement's tickets that are kept for it until it has an outcome, and the item that each is for.
    kept_items smallint[] not null default '{}',
    kept_tickets uuid[] not null default '{}',
    decided_at timestamptz,
    -- When telling or closing it is tried again that failed for no fault of its buyer; the others do not wait for it.
    retry_at timestamptz,
    -- Not yet, where telling failed.
    told boolean not null default true,
    constraint cancellation_orders_pkey primary key (reseller_id, cancellation_id, order_id),
    constraint cancellation_orders_cancellation_fkey foreign key (reseller_id, cancellation_id) references cancellations on delete cascade,
    constraint cancellation_orders_order_fkey foreign key (reseller_id, order_id) references orders,
    constraint cancellation_orders_decision check (decision in ('refund', 'replacement', 'credit')),
    constraint cancellation_orders_decided_whole check ((decision is null) = (decided_at is null)),
    constraint cancellation_orders_kept_whole check (cardinality(kept_items) = cardinality(kept_tickets))
);
create index cancellation_orders_stuck_idx on cancellation_orders (reseller_id, order_id) where problem is not null;
create index cancellation_orders_open_idx on cancellation_orders (reseller_id, cancellation_id, order_id) where decision is null;
create index cancellation_orders_untold_idx on cancellation_orders (reseller_id, cancellation_id, order_id) where not told;
call isolate('cancellation_orders');
grant select, insert, update on cancellation_orders to stagedoor_app;

-- What a refund does with the fees: mostly the order's policy, and always all of them where a performance does not take place.
alter table refunds
    add column refund_policy text not null default 'fees_kept',
    add constraint refunds_refund_policy check (refund_policy in ('fees_kept', 'fees_returned'));
