-- Sale rounds (early bird, regular, presale): when, at which price, how many and to whom a performance is sold; and pools of
-- capacity that several offers share. Both are kept within their capacity by the slots of 0008.

create table sale_rounds (
    reseller_id uuid not null,
    performance_id uuid not null,
    sale_round_id uuid not null,
    name text not null,
    -- Its turn: of several rounds that are open the first one sells.
    position int not null,
    -- Null: as soon as the round before it has closed, or has fewer left than are wanted.
    opens_at timestamptz,
    -- Null: with the performance's own sale.
    closes_at timestamptz,
    -- How many tickets it sells, whatever becomes of the performance's stock; null: as many as there are.
    capacity int,
    access text not null default 'anyone',
    -- How many tickets each of its codes is good for.
    tickets_per_code int not null default 1,
    -- Whether somebody waits to be told that it has opened.
    interest_waits boolean not null default false,
    version bigint not null default 1,
    created_at timestamptz not null,
    constraint sale_rounds_pkey primary key (reseller_id, performance_id, sale_round_id),
    constraint sale_rounds_performance_fkey foreign key (reseller_id, performance_id) references performances on delete cascade,
    constraint sale_rounds_name_key unique (reseller_id, performance_id, name),
    constraint sale_rounds_position_key unique (reseller_id, performance_id, position),
    constraint sale_rounds_window check (opens_at < closes_at),
    constraint sale_rounds_capacity_positive check (capacity > 0),
    constraint sale_rounds_access check (access in ('anyone', 'codes', 'list')),
    constraint sale_rounds_tickets_per_code check (tickets_per_code between 1 and 50)
);
create index sale_rounds_interest_idx on sale_rounds (opens_at) where interest_waits;
call isolate('sale_rounds');
call open_to_worker('sale_rounds');
grant select, insert, update, delete on sale_rounds to stagedoor_app;
grant select (reseller_id, performance_id, sale_round_id, position, opens_at, closes_at, interest_waits) on sale_rounds to stagedoor_worker;

-- The offers that a round sells, each at the round's own price.
create table sale_round_prices (
    reseller_id uuid not null,
    performance_id uuid not null,
    sale_round_id uuid not null,
    offer_id uuid not null,
    price numeric not null,
    constraint sale_round_prices_pkey primary key (reseller_id, performance_id, sale_round_id, offer_id),
    constraint sale_round_prices_round_fkey foreign key (reseller_id, performance_id, sale_round_id) references sale_rounds on delete cascade,
    constraint sale_round_prices_offer_fkey foreign key (reseller_id, performance_id, offer_id) references offers on delete cascade,
    constraint sale_round_prices_not_negative check (price >= 0)
);
call isolate('sale_round_prices');
grant select, insert, update, delete on sale_round_prices to stagedoor_app;

-- Who may buy in a round that is not for anyone: marks of codes, of buyer references and of e-mail addresses, never these.
create table sale_round_guests (
    reseller_id uuid not null,
    performance_id uuid not null,
    sale_round_id uuid not null,
    mark bytea not null,
    constraint sale_round_guests_pkey primary key (reseller_id, performance_id, sale_round_id, mark),
    constraint sale_round_guests_round_fkey foreign key (reseller_id, performance_id, sale_round_id) references sale_rounds on delete cascade
);
call isolate('sale_round_guests');
grant select, insert, update, delete on sale_round_guests to stagedoor_app;

create table pools (
    reseller_id uuid not null,
    performance_id uuid not null,
    pool_id uuid not null,
    name text not null,
    capacity int not null,
    offer_ids uuid[] not null,
    version bigint not null default 1,
    created_at timestamptz not null,
    constraint pools_pkey primary key (reseller_id, performance_id, pool_id),
    constraint pools_performance_fkey foreign key (reseller_id, performance_id) references performances on delete cascade,
    constraint pools_name_key unique (reseller_id, performance_id, name),
    constraint pools_capacity_positive check (capacity > 0),
    constraint pools_some_offer check (cardinality(offer_ids) > 0)
);
call isolate('pools');
grant select, insert, update, delete on pools to stagedoor_app;

-- The round that a ticket was sold in.
alter table order_items add column sale_round_id uuid;

-- What a code takes off the price of tickets.
create table promotions (
    reseller_id uuid not null,
    promotion_id uuid not null,
    code text not null,
    name text not null,
    percent numeric,
    amount numeric,
    currency char(3),
    starts_at timestamptz,
    ends_at timestamptz,
    max_uses int,
    max_per_buyer int,
    -- Empty: every offer.
    offer_ids uuid[] not null,
    version bigint not null default 1,
    created_at timestamptz not null,
    constraint promotions_pkey primary key (reseller_id, promotion_id),
    constraint promotions_code_key unique (reseller_id, code),
    constraint promotions_one_discount check ((percent is null) <> (amount is null) and (amount is null) = (currency is null)),
    constraint promotions_percent check (percent > 0 and percent <= 100),
    constraint promotions_amount_positive check (amount > 0),
    constraint promotions_window check (starts_at < ends_at),
    constraint promotions_max_uses_positive check (max_uses > 0),
    constraint promotions_max_per_buyer_positive check (max_per_buyer > 0)
);
call isolate('promotions');
grant select, insert, update, delete on promotions to stagedoor_app;

-- What a promotion took off the price; the face value is what is left. Nothing is left of a complimentary ticket, which is somebody's
-- by name.
alter table order_items
    add column promotion_id uuid,
    add column discount numeric not null default 0,
    add column guest_name text,
    add constraint order_items_discount check (discount >= 0 and (promotion_id is not null or guest_name is not null or discount = 0)),
    add constraint order_items_guests_pay_nothing check (guest_name is null or total = 0);
