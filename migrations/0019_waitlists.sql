-- Waitlists: who wants tickets of a performance that has none left, in the order in which they came. What becomes free goes to the
-- first whom it fits, as a real hold, before open sale can have it.

-- A performance's list: what its reseller has set, and what a sale has to know of it. Without a row it is closed and nobody waits.
create table waitlists (
    reseller_id uuid not null,
    performance_id uuid not null,
    state text not null default 'open',
    -- How long an offer stands, and so long at most, once, tickets are gathered for a party that needs more than are free.
    offer_seconds int not null default 86400,
    -- How many entries wait, and the number of the last that came.
    waiting int not null default 0,
    last_no bigint not null default 0,
    -- [{"tier": price tier, "section": section or null}]: what those who wait would take; open sale gets none of it, save for what
    -- waitlist_leftovers has.
    scopes jsonb not null default '[]',
    -- When it is looked at again, whatever becomes free until then.
    due_at timestamptz not null,
    version bigint not null default 1,
    constraint waitlists_pkey primary key (reseller_id, performance_id),
    constraint waitlists_performance_fkey foreign key (reseller_id, performance_id) references performances on delete cascade,
    constraint waitlists_state check (state in ('open', 'closed')),
    constraint waitlists_offer_seconds check (offer_seconds between 300 and 604800),
    constraint waitlists_waiting check (waiting between 0 and 10000)
);
create index waitlists_waiting_idx on waitlists (reseller_id, performance_id) where waiting > 0;
call isolate('waitlists');
call open_to_worker('waitlists');
grant select, insert, update, delete on waitlists to stagedoor_app;
grant select (reseller_id, performance_id, waiting, due_at) on waitlists to stagedoor_worker;

-- Tickets that nobody who waits can use: open sale may have each of them once.
create table waitlist_leftovers (
    reseller_id uuid not null,
    performance_id uuid not null,
    ticket_id uuid not null,
    constraint waitlist_leftovers_pkey primary key (reseller_id, performance_id, ticket_id),
    constraint waitlist_leftovers_waitlist_fkey foreign key (reseller_id, performance_id) references waitlists on delete cascade
);
call isolate('waitlist_leftovers');
grant select, insert, update, delete on waitlist_leftovers to stagedoor_app;

create table waitlist_entries (
    reseller_id uuid not null,
    entry_id uuid not null,
    performance_id uuid not null,
    -- The order of the list.
    no bigint not null,
    state text not null default 'waiting',
    -- [{"tier": …, "party": …}]: what would do, the best first; all of the same number of tickets.
    wants jsonb not null,
    tickets smallint not null,
    buyer_name text,
    buyer_email text not null,
    -- The mark of the address, however it is spelled: one waits once.
    buyer_mark bytea not null,
    buyer_reference text,
    -- By what the party joined, and so will buy: the offer tells the fees of that.
    sold_through text not null default 'api',
    language text,
    -- The offer, and until when it stands.
    hold_id uuid,
    offer_ends_at timestamptz,
    -- Until when tickets are gathered for it; once that is past, they no longer are.
    gathers_until timestamptz,
    created_at timestamptz not null,
    ended_at timestamptz,
    version bigint not null default 1,
    constraint waitlist_entries_pkey primary key (reseller_id, entry_id),
    constraint waitlist_entries_no_key unique (reseller_id, performance_id, no),
    constraint waitlist_entries_waitlist_fkey foreign key (reseller_id, performance_id) references waitlists on delete cascade,
    constraint waitlist_entries_state
        check (state in ('waiting', 'offered', 'accepted', 'declined', 'lapsed', 'left', 'closed')),
    constraint waitlist_entries_sold_through check (sold_through in ('api', 'hosted_shop')),
    constraint waitlist_entries_language check (language in ('en', 'nl')),
    constraint waitlist_entries_tickets check (tickets between 1 and 50),
    constraint waitlist_entries_offer_whole check (num_nonnulls(hold_id, offer_ends_at) in (0, 2)),
    constraint waitlist_entries_offer check ((state in ('offered', 'accepted', 'declined', 'lapsed')) <= (hold_id is not null)),
    constraint waitlist_entries_ended check ((state in ('waiting', 'offered')) = (ended_at is null))
);
create index waitlist_entries_waiting_idx on waitlist_entries (reseller_id, performance_id, no) where state = 'waiting';
create unique index waitlist_entries_once_key on waitlist_entries (reseller_id, performance_id, buyer_mark)
    where state in ('waiting', 'offered');
create index waitlist_entries_ended_idx on waitlist_entries (ended_at) where ended_at is not null;
call isolate('waitlist_entries');
call open_to_worker('waitlist_entries');
grant select, insert, update, delete on waitlist_entries to stagedoor_app;
-- Who waited is forgotten.
grant select (reseller_id, entry_id, ended_at), delete on waitlist_entries to stagedoor_worker;

-- The entry that a hold is the offer of.
alter table holds add column waitlist_entry_id uuid;

-- Where somebody who waits goes on: a page of the reseller's shop.
alter table resellers add column mail_waiting_url text;

-- Interest in what is not on sale yet: an address that is told once, when it opens.

-- How many addresses wait for a show to open, and how many may.
create table interest_lists (
    reseller_id uuid not null,
    show_id uuid not null,
    waiting int not null,
    most int not null,
    constraint interest_lists_pkey primary key (reseller_id, show_id),
    constraint interest_lists_show_fkey foreign key (reseller_id, show_id) references shows on delete cascade,
    constraint interest_lists_waiting check (waiting between 0 and most)
);
call isolate('interest_lists');
grant select, insert, update, delete on interest_lists to stagedoor_app;

create table interests (
    reseller_id uuid not null,
    interest_id uuid not null,
    show_id uuid not null,
    -- Null: whichever of the show's performances opens first.
    performance_id uuid,
    -- Of the performance; null: its sale as a whole.
    sale_round_id uuid,
    -- The round, or else the performance, or else the show: in each an address is interested once at a time.
    of_id uuid not null,
    buyer_name text,
    buyer_email text not null,
    buyer_mark bytea not null,
    language text,
    created_at timestamptz not null,
    told_at timestamptz,
    -- By the tenant's clock: thirty days after it was told, and in any case.
    forget_at timestamptz not null,
    constraint interests_pkey primary key (reseller_id, interest_id),
    constraint interests_show_fkey foreign key (reseller_id, show_id) references shows on delete cascade,
    constraint interests_performance_fkey foreign key (reseller_id, performance_id) references performances on delete cascade,
    constraint interests_round_fkey foreign key (reseller_id, performance_id, sale_round_id) references sale_rounds on delete cascade,
    constraint interests_of check (of_id = coalesce(sale_round_id, performance_id, show_id)),
    constraint interests_round check (sale_round_id is null or performance_id is not null),
    constraint interests_language check (language in ('en', 'nl'))
);
create unique index interests_once_key on interests (reseller_id, of_id, buyer_mark) where told_at is null;
create index interests_round_idx on interests (reseller_id, sale_round_id, interest_id) where sale_round_id is not null and told_at is null;
create index interests_show_idx on interests (reseller_id, show_id, interest_id);
create index interests_forget_idx on interests (forget_at);
call isolate('interests');
call open_to_worker('interests');
grant select, insert, update, delete on interests to stagedoor_app;
grant select (reseller_id, interest_id, forget_at), delete on interests to stagedoor_worker;

-- Performances that have opened, while those who wait for that are being told.
create table interest_calls (
    reseller_id uuid not null,
    performance_id uuid not null,
    told int not null default 0,
    constraint interest_calls_pkey primary key (reseller_id, performance_id),
    constraint interest_calls_performance_fkey foreign key (reseller_id, performance_id) references performances on delete cascade
);
call isolate('interest_calls');
call open_to_worker('interest_calls');
grant select, insert, update, delete on interest_calls to stagedoor_app;
grant select (reseller_id, performance_id) on interest_calls to stagedoor_worker;
