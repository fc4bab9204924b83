-- Settlements: periods of a reseller's books, each a range of positions in one currency, sealed as the bytes that were told.

-- When a reseller's periods end. `closes_at` is the end of the one that is open.
create table settlement_schedules (
    reseller_id uuid not null,
    every text not null,
    time_zone text not null,
    closes_at timestamptz not null,
    version bigint not null default 1,
    constraint settlement_schedules_pkey primary key (reseller_id),
    constraint settlement_schedules_every check (every in ('day', 'week', 'month', 'never')),
    constraint settlement_schedules_never check (every <> 'never' or closes_at = 'infinity')
);
create index settlement_schedules_due_idx on settlement_schedules (closes_at);
call isolate('settlement_schedules');
call open_to_worker('settlement_schedules');
grant select, insert, update on settlement_schedules to stagedoor_app;
grant select (reseller_id, closes_at) on settlement_schedules to stagedoor_worker;

-- A closed period. `document` is what is told of it; the columns beside it are what checks and lists go by.
create table settlements (
    reseller_id uuid not null,
    settlement_id uuid not null,
    currency char(3) not null,
    -- Counts the settlements of the currency.
    number int not null,
    first_position bigint not null,
    last_position bigint not null,
    -- Null: from the beginning.
    begins_at timestamptz,
    ends_at timestamptz not null,
    closed_at timestamptz not null,
    opening numeric not null,
    closing numeric not null,
    -- What the reseller's accounts stood at, for the period after it.
    standing jsonb not null,
    row_count bigint not null,
    -- Count the invoices and the credit notes of the currency; null where there is none. They themselves are in the document.
    fee_invoice_number int,
    credit_note_number int,
    document text not null,
    document_digest bytea not null,
    jsonl_digest bytea not null,
    csv_digest bytea not null,
    constraint settlements_pkey primary key (reseller_id, settlement_id),
    constraint settlements_number_key unique (reseller_id, currency, number),
    constraint settlements_fee_invoice_key unique (reseller_id, currency, fee_invoice_number),
    constraint settlements_credit_note_key unique (reseller_id, currency, credit_note_number),
    constraint settlements_positions check (first_position <= last_position),
    constraint settlements_times check (begins_at < ends_at and ends_at <= closed_at),
    constraint settlements_rows check (row_count > 0),
    constraint settlements_digests check (
        length(document_digest) = 32 and length(jsonl_digest) = 32 and length(csv_digest) = 32)
);
create index settlements_closed_idx on settlements (reseller_id, closed_at, settlement_id);
call isolate('settlements');
grant select, insert on settlements to stagedoor_app;
create trigger settlements_append_only before update or delete on settlements for each row execute function refuse_change();
create trigger settlements_no_truncate before truncate on settlements for each statement execute function refuse_change();

-- The rows of a closed period as they were sealed, so that no later program can tell them otherwise. Written before their settlement,
-- in its transaction.
create table settlement_pages (
    reseller_id uuid not null,
    settlement_id uuid not null,
    page int not null,
    jsonl text not null,
    csv text not null,
    constraint settlement_pages_pkey primary key (reseller_id, settlement_id, page)
);
call isolate('settlement_pages');
grant select, insert on settlement_pages to stagedoor_app;
create trigger settlement_pages_append_only before update or delete on settlement_pages for each row execute function refuse_change();
create trigger settlement_pages_no_truncate before truncate on settlement_pages for each statement execute function refuse_change();
