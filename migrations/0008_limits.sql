-- How many tickets a buyer may have, and the slots by which such limits are kept.

alter table shows
    -- At most so many tickets per buyer; 6 unless set.
    add column buyer_max int,
    -- Over which the show counts a buyer's tickets: each performance by itself, or all of the show together.
    add column buyer_max_per text not null default 'performance',
    add constraint shows_buyer_max_positive check (buyer_max > 0),
    add constraint shows_buyer_max_per check (buyer_max_per in ('performance', 'show'));
alter table performances
    -- The performance's own maximum per buyer, instead of the show's.
    add column buyer_max int,
    add constraint performances_buyer_max_positive check (buyer_max > 0);

-- A limit of n tickets is n numbered slots, each with exactly one owner until expires_at, like a claim and with the claim of
-- its ticket: the same owner, the same time. The primary key is the promise that a limit is never exceeded. A slot whose time
-- is past is free, and the next one takes it over. The subject is whose limit it is: a buyer's or a code's mark, empty where
-- it is everybody's. Written in ticketing/src/store/slots.rs and, with the claims, in ticketing/src/store/claims.rs.
create table slots (
    reseller_id uuid not null,
    limit_id uuid not null,
    subject bytea not null,
    slot int not null,
    -- The limit when the slot was taken.
    maximum int not null,
    performance_id uuid not null,
    ticket_id uuid not null,
    owner_kind text not null,
    owner_id uuid not null,
    claimed_at timestamptz not null,
    expires_at timestamptz not null,
    constraint slots_pkey primary key (reseller_id, limit_id, subject, slot),
    constraint slots_within_limit check (slot >= 0 and slot < maximum),
    constraint slots_owner_kind check (owner_kind in ('hold', 'order'))
) with (fillfactor = 50);
create index slots_ticket_idx on slots (reseller_id, performance_id, ticket_id);
call isolate('slots');
grant select, insert, update, delete on slots to stagedoor_app;
