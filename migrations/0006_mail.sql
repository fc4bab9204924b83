-- The mail outbox: letters queued in the transaction of what they tell, and every attempt at sending them.

-- How a reseller writes to its buyers.
alter table resellers
    add column mail_enabled boolean not null default true,
    add column mail_sender_name text,
    add column mail_reply_to text,
    add column mail_language text not null default 'en',
    add column mail_ticket_url text,
    add constraint resellers_mail_language check (mail_language in ('en', 'nl'));

-- In which language the buyer is written to; without one, in the reseller's.
alter table orders
    add column buyer_language text,
    add constraint orders_buyer_language check (buyer_language in ('en', 'nl'));

-- One letter to one person. A pending one is tried at due_at, by the cell's own clock; claiming it moves due_at to the end of
-- the claim, so that a process that stops in the middle only delays it.
create table mail_outbox (
    reseller_id uuid not null,
    letter_id uuid not null,
    kind text not null,
    -- What it is about: a newer letter about the same may make it outdated.
    about uuid not null,
    -- The same letter about the same version of the same thing is queued once.
    once text not null,
    recipient text not null,
    recipient_name text,
    -- Null: the reseller's, when it is sent.
    language text,
    data jsonb not null,
    state text not null default 'pending',
    attempts int not null default 0,
    created_at timestamptz not null,
    due_at timestamptz not null,
    -- By the tenant's clock: after that it would tell what is no longer so.
    useful_until timestamptz not null,
    -- A notice to the reseller itself, whose switch is for letters to buyers.
    to_reseller boolean not null default false,
    constraint mail_outbox_pkey primary key (reseller_id, letter_id),
    constraint mail_outbox_once_key unique (reseller_id, once),
    constraint mail_outbox_language check (language in ('en', 'nl')),
    -- failed: refused, or tried to the end. outdated: not useful any more. withheld: the reseller has switched mail off.
    constraint mail_outbox_state check (state in ('pending', 'sent', 'failed', 'outdated', 'withheld'))
) with (fillfactor = 70);
-- Reseller by reseller, so that a long backlog of one is never walked through to reach the others.
create index mail_outbox_due_idx on mail_outbox (reseller_id, due_at) where state = 'pending';
create index mail_outbox_about_idx on mail_outbox (reseller_id, about) where state = 'pending';
create index mail_outbox_created_idx on mail_outbox (created_at);
call isolate('mail_outbox');
call open_to_worker('mail_outbox');
grant select, insert, update on mail_outbox to stagedoor_app;
-- The worker finds what is due and removes what is old. Whom a letter goes to and what it says it cannot read.
grant select (reseller_id, letter_id, state, due_at, created_at), delete on mail_outbox to stagedoor_worker;

-- What came of each attempt. A number without a row is an attempt during which the process stopped.
create table mail_attempts (
    reseller_id uuid not null,
    letter_id uuid not null,
    attempt int not null,
    at timestamptz not null,
    duration_ms int not null,
    outcome text not null,
    -- The mail server's own words, or ours when none came.
    answer text not null,
    constraint mail_attempts_pkey primary key (reseller_id, letter_id, attempt),
    constraint mail_attempts_letter_fkey foreign key (reseller_id, letter_id) references mail_outbox on delete cascade,
    constraint mail_attempts_outcome check (outcome in ('accepted', 'put_off', 'refused'))
);
call isolate('mail_attempts');
grant select, insert on mail_attempts to stagedoor_app;
