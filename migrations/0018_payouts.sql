-- How a reseller's money becomes available, and how it is paid out (decision 31).

-- When a reseller's money becomes available, set by operators. Without a row the platform's own terms hold.
create table release_terms (
    reseller_id uuid not null,
    -- Days from a performance's end to the release of its money.
    release_after_days smallint not null,
    -- How much of what is released is kept back, in percent, and for how many days.
    reserve_percentage numeric not null,
    reserve_days smallint not null,
    -- What the hosted shop costs a month, with percent of tax on it, and when the month that runs is charged; null where nothing is.
    hosting_fee numeric,
    hosting_currency char(3),
    hosting_tax_rate numeric,
    hosting_due_at timestamptz,
    constraint release_terms_pkey primary key (reseller_id),
    constraint release_terms_hosting check (num_nonnulls(hosting_fee, hosting_currency, hosting_tax_rate, hosting_due_at) in (0, 4)),
    constraint release_terms_hosting_fee check (hosting_fee > 0 and hosting_tax_rate between 0 and 100),
    constraint release_terms_days check (release_after_days between 0 and 365 and reserve_days between 1 and 365),
    constraint release_terms_reserve check (reserve_percentage between 0 and 100)
);
create index release_terms_hosting_idx on release_terms (hosting_due_at) where hosting_due_at is not null;
call isolate('release_terms');
call open_to_worker('release_terms');
grant select, insert, update on release_terms to stagedoor_app;
grant select (reseller_id, release_after_days, hosting_due_at) on release_terms to stagedoor_worker;

-- What of the pending money is of which performance of which order; of none (a nil id) what came before its order's sale, for as
-- long as that lasts. Written with each journal, under the lock on the balance of
-- what is pending; `stagedoor verify` compares. Once a performance's money is released, nothing of it is pending any more.
create table performance_money (
    reseller_id uuid not null,
    order_id uuid not null,
    performance_id uuid not null,
    currency char(3) not null,
    -- What its tickets have cost, less what was given back for them: by this what is of no ticket in particular is divided.
    sold numeric not null,
    -- In the reseller's favour; below zero, what it owes.
    pending numeric not null,
    released boolean not null,
    constraint performance_money_pkey primary key (reseller_id, order_id, performance_id),
    constraint performance_money_released check (not released or pending = 0)
) with (fillfactor = 70);
create index performance_money_performance_idx on performance_money (reseller_id, performance_id) where not released;
call isolate('performance_money');
grant select, insert, update, delete on performance_money to stagedoor_app;

-- The money of a performance was released, once, and what of that is kept back until when.
create table releases (
    reseller_id uuid not null,
    performance_id uuid not null,
    currency char(3) not null,
    amount numeric not null,
    reserved numeric not null,
    reserve_until timestamptz not null,
    reserve_freed boolean not null,
    -- How much of what was kept back has paid a debt, and in how many pieces.
    used numeric not null default 0,
    uses smallint not null default 0,
    released_at timestamptz not null,
    constraint releases_pkey primary key (reseller_id, performance_id, currency),
    constraint releases_reserved check (reserved >= 0 and reserved <= greatest(amount, 0)),
    constraint releases_freed check (reserved > 0 or reserve_freed),
    constraint releases_used check (used between 0 and reserved)
);
create index releases_reserve_idx on releases (reserve_until) where not reserve_freed;
call isolate('releases');
call open_to_worker('releases');
grant select, insert, update on releases to stagedoor_app;
grant select (reseller_id, performance_id, currency, reserve_until, reserve_freed) on releases to stagedoor_worker;

-- The worker looks for debts that a reserve is to pay.
create index account_balances_debts_idx on account_balances (reseller_id, currency) where account = 'reseller_available' and balance > 0;
call open_to_worker('account_balances');
grant select on account_balances to stagedoor_worker;

-- Whether a performance's money was released.
alter table performances add column money_released boolean not null default false;
create index performances_unreleased_idx on performances (ends_at) where not money_released;
grant select (ends_at, money_released) on performances to stagedoor_worker;

-- How a reseller is paid out. Without a row: when it says so.
create table payout_settings (
    reseller_id uuid not null,
    every text not null default 'manual',
    -- The weekday (1 Monday to 7) or the day of the month (1 to 28) of the schedule that has one.
    on_day smallint,
    -- The least that is paid out by itself, in whatever currency.
    minimum numeric not null default 0,
    -- The reseller's account at the payment provider.
    provider_account text,
    next_at timestamptz not null default 'infinity',
    version bigint not null default 1,
    constraint payout_settings_pkey primary key (reseller_id),
    constraint payout_settings_every check (every in ('manual', 'daily', 'weekly', 'monthly', 'threshold')),
    constraint payout_settings_day check (
        case every when 'weekly' then on_day between 1 and 7 when 'monthly' then on_day between 1 and 28 else on_day is null end),
    constraint payout_settings_minimum check (minimum >= 0 and (every <> 'threshold' or minimum > 0))
);
create index payout_settings_next_idx on payout_settings (next_at) where next_at < 'infinity';
call isolate('payout_settings');
call open_to_worker('payout_settings');
grant select, insert, update on payout_settings to stagedoor_app;
grant select (reseller_id, next_at) on payout_settings to stagedoor_worker;

-- Money on its way to a reseller's bank account: transferred to its account at the provider, and from there to the bank.
create table payouts (
    reseller_id uuid not null,
    payout_id uuid not null,
    amount numeric not null,
    currency char(3) not null,
    state text not null default 'created',
    -- Whether it was asked for or is by the schedule.
    by_schedule boolean not null,
    provider_account text not null,
    -- The provider's transfer, and the balance transaction by which the money left.
    provider_transfer text,
    transfer_transaction text,
    -- The provider's payout to the bank.
    provider_payout text,
    -- The balance transaction by which the money came back.
    return_transaction text,
    paid_at timestamptz,
    failure_code text,
    due_at timestamptz not null,
    tries smallint not null default 0,
    created_at timestamptz not null,
    version bigint not null default 1,
    constraint payouts_pkey primary key (reseller_id, payout_id),
    constraint payouts_amount_positive check (amount > 0),
    constraint payouts_state check (state in ('created', 'in_transit', 'paid', 'returning', 'failed')),
    constraint payouts_transferred check ((provider_transfer is null) = (transfer_transaction is null)),
    constraint payouts_failed_has_code check (state not in ('returning', 'failed') or failure_code is not null)
) with (fillfactor = 70);
create index payouts_created_idx on payouts (reseller_id, created_at desc, payout_id desc);
create index payouts_due_idx on payouts (due_at) where state in ('created', 'in_transit', 'returning');
call isolate('payouts');
call open_to_worker('payouts');
grant select, insert, update on payouts to stagedoor_app;
grant select (reseller_id, payout_id, state, due_at) on payouts to stagedoor_worker;

-- The provider's own balance report compared with the books of all tenants that pay through one of its accounts. No tenant's: a line
-- that the books do not have names nobody.
create table balance_comparisons (
    comparison_id uuid not null,
    mode text not null,
    from_at timestamptz not null,
    to_at timestamptz not null,
    matched bigint not null,
    -- How many there are; of these at most 1,000 are listed.
    differing bigint not null,
    differences jsonb not null,
    -- What the platform has drawn to its own bank, per currency; no reseller's, and in no reseller's books.
    drawn jsonb not null,
    compared_at timestamptz not null,
    constraint balance_comparisons_pkey primary key (comparison_id),
    constraint balance_comparisons_mode check (mode in ('live', 'test')),
    constraint balance_comparisons_differences check (jsonb_typeof(differences) = 'array' and jsonb_array_length(differences) <= 1000)
);
create index balance_comparisons_newest_idx on balance_comparisons (mode, compared_at desc);
grant select, insert on balance_comparisons to stagedoor_worker;

-- Corrections that operators have decided on. Above a limit a second operator has to agree before it is posted.
create table adjustments (
    reseller_id uuid not null,
    adjustment_id uuid not null,
    state text not null,
    kind text not null,
    -- In the reseller's favour; below zero, to its debit.
    amount numeric not null,
    currency char(3) not null,
    order_id uuid,
    reason text not null,
    proposed_by text not null,
    approved_by text,
    reversed_by text,
    created_at timestamptz not null,
    constraint adjustments_pkey primary key (reseller_id, adjustment_id),
    constraint adjustments_state check (state in ('proposed', 'posted', 'reversed')),
    constraint adjustments_kind check (kind in ('goodwill', 'platform_fee', 'provider_fee', 'dispute_loss', 'unmatched')),
    constraint adjustments_amount check (amount <> 0),
    constraint adjustments_two_persons check (approved_by <> proposed_by),
    constraint adjustments_reversed check ((state = 'reversed') = (reversed_by is not null))
);
create index adjustments_created_idx on adjustments (reseller_id, created_at desc, adjustment_id desc);
call isolate('adjustments');
grant select, insert, update on adjustments to stagedoor_app;
