-- The archive (decision 33): what past performances have sold and held, out of the way of what sells. Rows are moved by
-- ticketing/src/store/archive.rs only, as they are; a test compares the columns of each pair of tables.

alter table resellers
    -- How many days after its end a performance is archived, and a hold after it ended.
    add column archive_after_days int not null default 30,
    add constraint resellers_archive_after_days check (archive_after_days between 1 and 3650);
call open_to_worker('resellers');
grant select (reseller_id, archive_after_days) on resellers to stagedoor_worker;

alter table performances
    -- From when on the days are counted: its end, or later where something kept it when they were over. Null: all of it is moved.
    add column archive_from timestamptz,
    -- Since when nothing of it can be changed, and how many tickets it had then.
    add column archived_at timestamptz,
    add column archived_tickets int,
    add constraint performances_archived_whole check ((archived_at is null) = (archived_tickets is null));
create index performances_archive_idx on performances (reseller_id, archive_from) where archive_from is not null;
grant select (archive_from) on performances to stagedoor_worker;

create index holds_ended_idx on holds (reseller_id, expires_at) where state <> 'active';

-- A ticket of a past performance with its claim, in one row; null: it never had one.
create table archived_tickets (
    reseller_id uuid not null,
    performance_id uuid not null,
    ticket_id uuid not null,
    price_tier_id uuid not null,
    section text not null,
    row_label text,
    seat_label text,
    ordinal int not null,
    block_id uuid,
    owner_kind text,
    owner_id uuid,
    claimed_at timestamptz,
    expires_at timestamptz,
    constraint archived_tickets_pkey primary key (reseller_id, performance_id, ticket_id),
    constraint archived_tickets_performance_fkey foreign key (reseller_id, performance_id) references performances on delete cascade,
    constraint archived_tickets_ordinal_key unique (reseller_id, performance_id, ordinal),
    constraint archived_tickets_claim_whole check (num_nonnulls(owner_kind, owner_id, claimed_at, expires_at) in (0, 4))
);
call isolate('archived_tickets');
grant select, insert, delete on archived_tickets to stagedoor_app;

-- The slots of limits that ended with their performance. Those of a show's or a promotion's limit still count and stay.
create table archived_slots (
    reseller_id uuid not null,
    limit_id uuid not null,
    subject bytea not null,
    slot int not null,
    maximum int not null,
    performance_id uuid not null,
    ticket_id uuid not null,
    owner_kind text not null,
    owner_id uuid not null,
    claimed_at timestamptz not null,
    expires_at timestamptz not null,
    constraint archived_slots_pkey primary key (reseller_id, limit_id, subject, slot)
);
create index archived_slots_ticket_idx on archived_slots (reseller_id, performance_id, ticket_id);
call isolate('archived_slots');
grant select, insert, delete on archived_slots to stagedoor_app;

-- Holds that ended long ago, of whatever performances.
create table archived_holds (
    reseller_id uuid not null,
    hold_id uuid not null,
    state text not null,
    items jsonb not null,
    buyer_reference text,
    sold_through text not null,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    order_id uuid,
    version bigint not null,
    waitlist_entry_id uuid,
    constraint archived_holds_pkey primary key (reseller_id, hold_id),
    constraint archived_holds_ended check (state <> 'active')
);
call isolate('archived_holds');
grant select, insert on archived_holds to stagedoor_app;

create table archived_sale_round_guests (
    reseller_id uuid not null,
    performance_id uuid not null,
    sale_round_id uuid not null,
    mark bytea not null,
    constraint archived_sale_round_guests_pkey primary key (reseller_id, performance_id, sale_round_id, mark),
    constraint archived_sale_round_guests_round_fkey foreign key (reseller_id, performance_id, sale_round_id)
        references sale_rounds on delete cascade
);
call isolate('archived_sale_round_guests');
grant select, insert on archived_sale_round_guests to stagedoor_app;
grant delete on holds to stagedoor_app;

-- Tickets that were brought back because something happened to them, and when they are to be archived again. No key to
-- performances: it would lock them after the claims, against the order of locks.
create table archive_returns (
    reseller_id uuid not null,
    performance_id uuid not null,
    ticket_id uuid not null,
    due_at timestamptz not null,
    constraint archive_returns_pkey primary key (reseller_id, performance_id, ticket_id)
);
create index archive_returns_due_idx on archive_returns (due_at);
call isolate('archive_returns');
call open_to_worker('archive_returns');
grant select, insert, delete, update (due_at) on archive_returns to stagedoor_app;
grant select (reseller_id, performance_id, due_at) on archive_returns to stagedoor_worker;

-- What there is, live or archived: for whoever reads and does not lock. They show what their reader may see of the tables.
create view all_tickets with (security_invoker = true) as
    select reseller_id, performance_id, ticket_id, price_tier_id, section, row_label, seat_label, ordinal, block_id from tickets
    union all
    select reseller_id, performance_id, ticket_id, price_tier_id, section, row_label, seat_label, ordinal, block_id from archived_tickets;
create view all_claims with (security_invoker = true) as
    select reseller_id, performance_id, ticket_id, owner_kind, owner_id, claimed_at, expires_at from claims
    union all
    select reseller_id, performance_id, ticket_id, owner_kind, owner_id, claimed_at, expires_at from archived_tickets
    where owner_id is not null;
create view all_slots with (security_invoker = true) as
    select reseller_id, limit_id, subject, slot, maximum, performance_id, ticket_id, owner_kind, owner_id, claimed_at, expires_at from slots
    union all
    select reseller_id, limit_id, subject, slot, maximum, performance_id, ticket_id, owner_kind, owner_id, claimed_at, expires_at
    from archived_slots;
create view all_holds with (security_invoker = true) as
    select reseller_id, hold_id, state, items, buyer_reference, created_at, expires_at, order_id, version, waitlist_entry_id, sold_through
    from holds
    union all
    select reseller_id, hold_id, state, items, buyer_reference, created_at, expires_at, order_id, version, waitlist_entry_id, sold_through
    from archived_holds;
grant select on all_tickets, all_claims, all_slots, all_holds to stagedoor_app;
