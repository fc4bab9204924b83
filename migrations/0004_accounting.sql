-- Fee rules and the ledger. Amounts are exact decimals in the currency's major unit.

-- Versions of the platform's fees for a reseller: for everything, for a show, for a channel, or for both. Of each, the newest whose
-- valid_from has come is in force, and the one that says most about a sale holds for it. Never changed in place.
create table fee_rules (
    reseller_id uuid not null,
    fee_rule_id uuid not null,
    show_id uuid,
    channel text,
    valid_from timestamptz not null,
    tax_rate numeric not null,
    -- [{kind, basis, percentage, fixed, minimum, maximum, payer}], in the order in which they are taken.
    components jsonb not null,
    -- What the payment provider is expected to take: {percentage, fixed, payer}.
    provider jsonb,
    -- What becomes of these fees when tickets are given back. Orders keep it.
    refund_policy text not null default 'fees_kept',
    constraint fee_rules_pkey primary key (reseller_id, fee_rule_id),
    constraint fee_rules_valid_from_key unique nulls not distinct (reseller_id, show_id, channel, valid_from),
    constraint fee_rules_channel check (channel in ('api', 'hosted_shop')),
    constraint fee_rules_refund_policy check (refund_policy in ('fees_kept', 'fees_returned')),
    constraint fee_rules_tax_rate check (tax_rate between 0 and 100),
    constraint fee_rules_components check (jsonb_typeof(components) = 'array' and jsonb_array_length(components) <= 8)
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
    -- When it took effect, where that is known to be another time than when it was posted: the provider's clock says it.
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
-- What nobody has claimed: few journals have any of it, and it is summed under a lock.
create index journals_suspense_idx on journals (reseller_id, currency) where 'suspense' = any (accounts);
call isolate('journals');
grant select, insert on journals to stagedoor_app;

create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception 'the ledger is append-only: post a reversal instead' using errcode = 'restrict_violation';
end $$;
create trigger journals_append_only before update or delete on journals for each row execute function refuse_change();
create trigger journals_no_truncate before truncate on journals for each statement execute function refuse_change();

-- The reseller's own accounts, kept current by the posting. Always equal to the sum of the entries; `stagedoor verify` compares.
-- What is pending is kept in parts, because every sale moves it: two sales wait for each other only where they fall on the same part.
create table account_balances (
    reseller_id uuid not null,
    account text not null,
    currency char(3) not null,
    part smallint not null default 0,
    balance numeric not null,
    constraint account_balances_pkey primary key (reseller_id, account, currency, part),
    constraint account_balances_part check (part = 0 or (account = 'reseller_pending' and part > 0))
) with (fillfactor = 50);
call isolate('account_balances');
grant select, insert, update on account_balances to stagedoor_app;

-- Journals without a position yet. `seq` orders those of one page; which of two transactions came first is as they were committed.
create table journal_inbox (
    reseller_id uuid not null,
    seq bigint generated always as identity,
    journal_id uuid not null,
    constraint journal_inbox_pkey primary key (reseller_id, seq)
);
call isolate('journal_inbox');
call open_to_worker('journal_inbox');
grant select, insert, delete on journal_inbox to stagedoor_app;
grant select (reseller_id) on journal_inbox to stagedoor_worker;

-- A committed journal's dense place in its reseller's books, and the digest of all books up to there: each is made of the one
-- before and of the journal, so that no journal can be changed, left out or put in afterwards without every later one telling.
create table journal_positions (
    reseller_id uuid not null,
    position bigint not null,
    journal_id uuid not null,
    digest bytea not null,
    constraint journal_positions_pkey primary key (reseller_id, position),
    constraint journal_positions_journal_key unique (reseller_id, journal_id),
    constraint journal_positions_digest check (length(digest) = 32)
);
call isolate('journal_positions');
grant select, insert on journal_positions to stagedoor_app;
create trigger journal_positions_append_only before update or delete on journal_positions for each row execute function refuse_change();
create trigger journal_positions_no_truncate before truncate on journal_positions for each statement execute function refuse_change();

-- The end of each reseller's chain. Holding its lock is writing the next links.
create table journal_heads (
    reseller_id uuid not null,
    position bigint not null,
    digest bytea not null,
    constraint journal_heads_pkey primary key (reseller_id)
) with (fillfactor = 50);
call isolate('journal_heads');
grant select, insert, update on journal_heads to stagedoor_app;

-- What of a journal goes into the digest: all of it, written so that no setting of a session changes a letter.
create function journal_text(j journals) returns text language sql stable parallel safe as $$
    select concat_ws('|', j.journal_id, j.source, j.currency, array_to_string(j.accounts, ','), array_to_string(j.amounts, ','),
                     j.about, extract(epoch from j.effective_at), extract(epoch from j.posted_at))
$$;

create function journal_link(before bytea, head bytea, entry text) returns bytea language sql immutable parallel safe as $$
    select sha256(coalesce(before, head) || convert_to(entry, 'UTF8'))
$$;

-- journal_chain(head, entry) over (order by …): the digest after each entry, beginning with the head.
create aggregate journal_chain(bytea, text) (sfunc = journal_link, stype = bytea);
