-- Fee rules and the ledger. Amounts are exact decimals in the currency's major unit.

-- Versions of the platform's fee for a reseller; the newest whose valid_from has come is in force. Never changed in place.
create table fee_rules (
    reseller_id uuid not null,
    fee_rule_id uuid not null,
    valid_from timestamptz not null,
    percentage numeric not null,
    fixed_per_ticket numeric not null,
    tax_rate numeric not null,
    payer text not null,
    constraint fee_rules_pkey primary key (reseller_id, fee_rule_id),
    constraint fee_rules_valid_from_key unique (reseller_id, valid_from),
    constraint fee_rules_percentage check (percentage between 0 and 100),
    constraint fee_rules_fixed check (fixed_per_ticket >= 0),
    constraint fee_rules_tax_rate check (tax_rate between 0 and 100),
    constraint fee_rules_payer check (payer in ('reseller', 'buyer'))
);
call isolate('fee_rules');
grant select, insert on fee_rules to stagedoor_app;

create function sum_of(amounts numeric[]) returns numeric language sql immutable parallel safe as $$
    select coalesce(sum(a), 0) from unnest(amounts) a
$$;

-- A journal is one row: parallel arrays of accounts and signed amounts (debit positive, credit negative) that sum to zero.
-- `source` names what it stands for (sale:ord_…, refund:ref_…); one source has one journal, for ever.
create table journals (
    reseller_id uuid not null,
    journal_id uuid not null,
    source text not null,
    currency char(3) not null,
    accounts text[] not null,
    amounts numeric[] not null,
    -- Ids that reports group by ({"order_id": …}); never a name or an address.
    about jsonb not null,
    effective_at timestamptz not null,
    posted_at timestamptz not null,
    constraint journals_pkey primary key (reseller_id, journal_id),
    constraint journals_source_key unique (reseller_id, source),
    constraint journals_balanced check (sum_of(amounts) = 0),
    constraint journals_lines check (
        cardinality(accounts) = cardinality(amounts) and cardinality(accounts) >= 2
        and array_position(accounts, null) is null and array_position(amounts, null) is null)
);
create index journals_posted_idx on journals (reseller_id, posted_at);
call isolate('journals');
grant select, insert on journals to stagedoor_app;

create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception 'the ledger is append-only: post a reversal instead' using errcode = 'restrict_violation';
end $$;
create trigger journals_append_only before update or delete on journals for each row execute function refuse_change();
create trigger journals_no_truncate before truncate on journals for each statement execute function refuse_change();

-- The reseller's own accounts, kept current by the posting. Always equal to the sum of the entries; `stagedoor verify` compares.
create table account_balances (
    reseller_id uuid not null,
    account text not null,
    currency char(3) not null,
    balance numeric not null,
    constraint account_balances_pkey primary key (reseller_id, account, currency)
) with (fillfactor = 50);
call isolate('account_balances');
grant select, insert, update on account_balances to stagedoor_app;
