-- Catalogue, inventory, holds, orders, payments, refunds.

create table venues (
    reseller_id uuid not null,
    venue_id uuid not null,
    name text not null,
    city text not null,
    -- The city without case and accents, as it is looked for.
    city_key text collate "C" not null,
    country char(2) not null,
    time_zone text not null,
    version bigint not null default 1,
    created_at timestamptz not null,
    constraint venues_pkey primary key (reseller_id, venue_id)
);
create index venues_city_idx on venues (reseller_id, city_key);
call isolate('venues');
grant select, insert, update, delete on venues to stagedoor_app;

-- One way in which a venue is set up. What stands in it is in its versions.
create table layouts (
    reseller_id uuid not null,
    layout_id uuid not null,
    venue_id uuid not null,
    -- The room that it is set up in, by the first layout of that room: its own id, or another one's.
    room_id uuid not null,
    name text not null,
    version bigint not null default 1,
    created_at timestamptz not null,
    constraint layouts_pkey primary key (reseller_id, layout_id),
    constraint layouts_room_fkey foreign key (reseller_id, room_id) references layouts,
    constraint layouts_venue_fkey foreign key (reseller_id, venue_id) references venues,
    constraint layouts_name_key unique (reseller_id, venue_id, name)
);
create index layouts_room_idx on layouts (reseller_id, room_id);
call isolate('layouts');
grant select, insert, update on layouts to stagedoor_app;

-- A version of a layout. Its plan is written once: the application may change where it is in its life, and delete a draft that no
-- performance uses, and nothing else.
create table layout_versions (
    reseller_id uuid not null,
    layout_version_id uuid not null,
    layout_id uuid not null,
    number int not null,
    state text not null default 'draft',
    effective_from timestamptz,
    -- Of all alternatives together.
    seats int not null,
    places int not null,
    -- Written once and read whole, so it is kept as it was written.
    plan json not null,
    created_at timestamptz not null,
    constraint layout_versions_pkey primary key (reseller_id, layout_version_id),
    constraint layout_versions_layout_fkey foreign key (reseller_id, layout_id) references layouts,
    constraint layout_versions_number_key unique (reseller_id, layout_id, number),
    constraint layout_versions_layout_key unique (reseller_id, layout_id, layout_version_id),
    constraint layout_versions_state check (state in ('draft', 'scheduled', 'clashed', 'published', 'superseded', 'withdrawn')),
    constraint layout_versions_dated check (state in ('draft', 'withdrawn') or effective_from is not null)
);
create unique index layout_versions_one_open_key on layout_versions (reseller_id, layout_id)
    where state in ('draft', 'scheduled', 'clashed');
create unique index layout_versions_one_published_key on layout_versions (reseller_id, layout_id) where state = 'published';
create index layout_versions_due_idx on layout_versions (effective_from) where state = 'scheduled';
call isolate('layout_versions');
call open_to_worker('layout_versions');
grant select, insert, delete, update (state, effective_from) on layout_versions to stagedoor_app;
grant select (reseller_id, layout_version_id, state, effective_from) on layout_versions to stagedoor_worker;

create table shows (
    reseller_id uuid not null,
    show_id uuid not null,
    title text not null,
    description text not null,
    currency char(3) not null,
    state text not null default 'draft',
    visibility text not null,
    -- From when on a public show is one; null: at once. Compared when it is read, so that nothing has to happen then.
    public_from timestamptz,
    version bigint not null default 1,
    created_at timestamptz not null,
    constraint shows_pkey primary key (reseller_id, show_id),
    constraint shows_state check (state in ('draft', 'published')),
    constraint shows_visibility check (visibility in ('public', 'hidden'))
);
call isolate('shows');
call open_to_worker('shows');
grant select, insert, update, delete on shows to stagedoor_app;
grant select (reseller_id, show_id, state) on shows to stagedoor_worker;

-- The words of a show's title and description without case and accents, for search. Row-level security leaves an index only
-- for comparisons that leak nothing: a range of bytes is one, `like` and full-text search are not.
create table show_words (
    reseller_id uuid not null,
    word text collate "C" not null,
    show_id uuid not null,
    constraint show_words_pkey primary key (reseller_id, word, show_id),
    constraint show_words_show_fkey foreign key (reseller_id, show_id) references shows on delete cascade
);
create index show_words_show_idx on show_words (reseller_id, show_id, word);
call isolate('show_words');
grant select, insert, delete on show_words to stagedoor_app;

create table ticket_types (
    reseller_id uuid not null,
    show_id uuid not null,
    ticket_type_id uuid not null,
    name text not null,
    position int not null,
    constraint ticket_types_pkey primary key (reseller_id, show_id, ticket_type_id),
    constraint ticket_types_show_fkey foreign key (reseller_id, show_id) references shows on delete cascade,
    constraint ticket_types_name_key unique (reseller_id, show_id, name)
);
call isolate('ticket_types');
grant select, insert, update, delete on ticket_types to stagedoor_app;

create table performances (
    reseller_id uuid not null,
    performance_id uuid not null,
    show_id uuid not null,
    venue_id uuid not null,
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    doors_at timestamptz not null,
    time_zone text not null,
    on_sale_at timestamptz not null,
    off_sale_at timestamptz not null,
    -- When its sale rounds first open and last close, written with them (0009); null: it has none, or one that goes by its own sale.
    rounds_from timestamptz,
    rounds_until timestamptz,
    -- From when until when it sells at all: within its own window, and where it has rounds, theirs.
    sells_from timestamptz not null generated always as (greatest(on_sale_at, rounds_from)) stored,
    sells_until timestamptz not null generated always as (least(off_sale_at, rounds_until)) stored,
    state text not null default 'open',
    -- Holds and unpaid orders from before this time have been ended by the reseller. checkouts_due: some may still be there to
    -- be told and tidied by the worker; nothing can be done with them any more.
    checkouts_ended_at timestamptz not null default '-infinity',
    checkouts_due boolean not null default false,
    -- That it is on sale was told. Not any more once it is stopped, so that it is told again.
    on_sale_told boolean not null default false,
    -- Since when all that open sale could have is sold, as it was told; null: it is not.
    sold_out_at timestamptz,
    -- Counts what takes tickets away, makes others of them, or sells them otherwise too; a process whose memory is of an earlier count
    -- proposes nothing.
    stock_epoch bigint not null default 0,
    -- The manifest: which version of which layout, and for each spot of it the way in which it is set up. None where tickets
    -- are made without a layout.
    layout_id uuid,
    layout_version_id uuid,
    layout_choices jsonb,
    -- Until when wheelchair places and companions' seats are kept for who needs them; null: to the end.
    accessible_until timestamptz,
    -- What becomes of a selection that leaves a single seat alone where another would not.
    single_seats text not null default 'allowed',
    version bigint not null default 1,
    created_at timestamptz not null,
    constraint performances_pkey primary key (reseller_id, performance_id),
    constraint performances_layout_fkey foreign key (reseller_id, layout_id, layout_version_id)
        references layout_versions (reseller_id, layout_id, layout_version_id),
    constraint performances_manifest_whole check (num_nonnulls(layout_id, layout_version_id, layout_choices) in (0, 3)),
    constraint performances_show_fkey foreign key (reseller_id, show_id) references shows on delete cascade,
    constraint performances_venue_fkey foreign key (reseller_id, venue_id) references venues,
    constraint performances_state check (state in ('open', 'paused', 'closed', 'cancelled')),
    constraint performances_single_seats check (single_seats in ('allowed', 'warned', 'refused')),
    constraint performances_times check (doors_at <= starts_at and starts_at < ends_at),
    constraint performances_window check (on_sale_at < off_sale_at)
);
create index performances_show_idx on performances (reseller_id, show_id, starts_at);
create index performances_starts_idx on performances (reseller_id, starts_at, performance_id);
create index performances_venue_idx on performances (reseller_id, venue_id, starts_at);
create index performances_checkouts_due_idx on performances (reseller_id, performance_id) where checkouts_due;
create index performances_on_sale_due_idx on performances (sells_from) where state = 'open' and not on_sale_told;
create index performances_layout_idx on performances (reseller_id, layout_id, starts_at) where layout_id is not null;
call isolate('performances');
call open_to_worker('performances');
grant select, insert, update, delete on performances to stagedoor_app;
grant select (reseller_id, performance_id, show_id, state, on_sale_at, off_sale_at, sells_from, sells_until, on_sale_told, checkouts_due)
    on performances to stagedoor_worker;

create table price_tiers (
    reseller_id uuid not null,
    performance_id uuid not null,
    price_tier_id uuid not null,
    name text not null,
    position int not null,
    constraint price_tiers_pkey primary key (reseller_id, performance_id, price_tier_id),
    constraint price_tiers_performance_fkey foreign key (reseller_id, performance_id) references performances on delete cascade,
    constraint price_tiers_name_key unique (reseller_id, performance_id, name)
);
call isolate('price_tiers');
grant select, insert, update, delete on price_tiers to stagedoor_app;

-- An offer is what is sold: a ticket type in a price tier of one performance, at a price.
create table offers (
    reseller_id uuid not null,
    performance_id uuid not null,
    offer_id uuid not null,
    price_tier_id uuid not null,
    ticket_type_id uuid not null,
    price numeric not null,
    -- Percent of the reseller's own tax that the price includes; null: not told.
    tax_rate numeric,
    version bigint not null default 1,
    constraint offers_pkey primary key (reseller_id, performance_id, offer_id),
    constraint offers_tier_fkey foreign key (reseller_id, performance_id, price_tier_id) references price_tiers on delete cascade,
    constraint offers_pair_key unique (reseller_id, performance_id, price_tier_id, ticket_type_id),
    constraint offers_price_not_negative check (price >= 0),
    constraint offers_tax_rate check (tax_rate between 0 and 100)
);
call isolate('offers');
grant select, insert, update, delete on offers to stagedoor_app;

-- The unit of inventory, made up front and hardly ever changed. Who has it now is its claim.
create table tickets (
    reseller_id uuid not null,
    performance_id uuid not null,
    ticket_id uuid not null,
    price_tier_id uuid not null,
    section text not null,
    row_label text,
    seat_label text,
    -- Place in the drawing order of the performance: neighbours have neighbouring ordinals.
    ordinal int not null,
    -- The allocation that it is set aside for; null: open sale.
    block_id uuid,
    constraint tickets_pkey primary key (reseller_id, performance_id, ticket_id),
    constraint tickets_tier_fkey foreign key (reseller_id, performance_id, price_tier_id) references price_tiers,
    constraint tickets_ordinal_key unique (reseller_id, performance_id, ordinal),
    constraint tickets_seat_whole check ((row_label is null) = (seat_label is null))
);
create unique index tickets_seat_key on tickets (reseller_id, performance_id, section, row_label, seat_label)
    where seat_label is not null;
-- What a list of tickets asks for, in drawing order.
create index tickets_section_idx on tickets (reseller_id, performance_id, section, ordinal);
create index tickets_tier_idx on tickets (reseller_id, performance_id, price_tier_id, ordinal);
call isolate('tickets');
grant select, insert, update, delete on tickets to stagedoor_app;

-- Who has a ticket now: exactly one owner until expires_at (sold and blocked: infinity; released: -infinity). No claim, or
-- an expired one: available. The primary key is the promise that nothing is sold twice. No foreign key to tickets: it
-- doubles the cost of a hold, and `stagedoor verify` looks for strays. Only ticketing/src/store/claims.rs writes here.
create table claims (
    reseller_id uuid not null,
    performance_id uuid not null,
    ticket_id uuid not null,
    owner_kind text not null,
    owner_id uuid not null,
    claimed_at timestamptz not null,
    expires_at timestamptz not null,
    constraint claims_pkey primary key (reseller_id, performance_id, ticket_id),
    constraint claims_owner_kind check (owner_kind in ('hold', 'order', 'block'))
) with (fillfactor = 50);
call isolate('claims');
grant select, insert, update, delete on claims to stagedoor_app;

-- Stock kept off open sale: for nobody (its tickets have its claims), or for the one seller of an allocation (its tickets name it,
-- and are claimed as any others by whoever may).
create table blocks (
    reseller_id uuid not null,
    block_id uuid not null,
    performance_id uuid not null,
    name text not null,
    reason text not null,
    channel text,
    api_key_id uuid,
    tickets int not null,
    -- When it goes back to open sale by itself.
    release_at timestamptz,
    state text not null default 'active',
    version bigint not null default 1,
    created_at timestamptz not null,
    constraint blocks_pkey primary key (reseller_id, block_id),
    constraint blocks_performance_fkey foreign key (reseller_id, performance_id) references performances on delete cascade,
    constraint blocks_api_key_fkey foreign key (reseller_id, api_key_id) references api_keys (reseller_id, api_key_id),
    constraint blocks_reason check (reason in ('house', 'technical', 'kill', 'allocation')),
    constraint blocks_one_seller check (num_nonnulls(channel, api_key_id) = (reason = 'allocation')::int),
    constraint blocks_some_ticket check (tickets > 0),
    constraint blocks_state check (state in ('active', 'released'))
);
create index blocks_performance_idx on blocks (reseller_id, performance_id, block_id);
create index blocks_due_idx on blocks (release_at) where state = 'active';
call isolate('blocks');
call open_to_worker('blocks');
grant select, insert, update, delete on blocks to stagedoor_app;
grant select (reseller_id, block_id, state, release_at) on blocks to stagedoor_worker;

-- Something that a person has to see to: so far, a performance that stands in the way of a version of its venue's layout.
create table tasks (
    reseller_id uuid not null,
    task_id uuid not null,
    kind text not null,
    state text not null default 'open',
    venue_id uuid not null,
    performance_id uuid not null,
    layout_version_id uuid not null,
    -- What is in the way, as it was found last.
    detail jsonb not null,
    created_at timestamptz not null,
    version bigint not null default 1,
    constraint tasks_pkey primary key (reseller_id, task_id),
    constraint tasks_venue_fkey foreign key (reseller_id, venue_id) references venues,
    constraint tasks_performance_fkey foreign key (reseller_id, performance_id) references performances on delete cascade,
    constraint tasks_layout_fkey foreign key (reseller_id, layout_version_id) references layout_versions,
    constraint tasks_once_key unique (reseller_id, layout_version_id, performance_id),
    constraint tasks_kind check (kind in ('layout_clash')),
    constraint tasks_state check (state in ('open', 'done'))
);
create index tasks_venue_idx on tasks (reseller_id, venue_id, state, task_id);
call isolate('tasks');
-- Deleted only with its performance.
grant select, insert, update, delete on tasks to stagedoor_app;

create table holds (
    reseller_id uuid not null,
    hold_id uuid not null,
    state text not null default 'active',
    -- [{"p": performance, "t": ticket, "o": offer}]: what is held, in one row, because a hold is written once and read whole.
    items jsonb not null,
    buyer_reference text,
    -- By what the key sells that made it.
    sold_through text not null default 'api',
    created_at timestamptz not null,
    expires_at timestamptz not null,
    order_id uuid,
    version bigint not null default 1,
    constraint holds_pkey primary key (reseller_id, hold_id),
    constraint holds_sold_through check (sold_through in ('api', 'hosted_shop')),
    constraint holds_state check (state in ('active', 'converted', 'released', 'expired')),
    constraint holds_converted_has_order check ((state = 'converted') = (order_id is not null))
) with (fillfactor = 70);
create index holds_due_idx on holds (expires_at) where state = 'active';
call isolate('holds');
call open_to_worker('holds');
grant select, insert, update on holds to stagedoor_app;
grant select (reseller_id, hold_id, state, expires_at) on holds to stagedoor_worker;

create table orders (
    reseller_id uuid not null,
    order_id uuid not null,
    state text not null default 'awaiting_payment',
    hold_id uuid not null,
    reference text,
    buyer_name text,
    buyer_email text,
    currency char(3) not null,
    -- What the buyer pays: face values plus the fees passed on to the buyer. Frozen, like every amount of the items.
    total numeric not null,
    refund_policy text not null,
    -- By what it was sold: its fees are those of this channel.
    sold_through text not null default 'api',
    pay_by timestamptz not null,
    -- When the worker looks at it next, and how often it has tried in vain.
    due_at timestamptz not null,
    tries smallint not null default 0,
    -- Whether money that comes when the tickets are gone may buy others like them.
    accepts_equivalents boolean not null default false,
    -- Whether its tickets open no door for now: what becomes good meanwhile is suspended too.
    suspended boolean not null default false,
    created_at timestamptz not null,
    paid_at timestamptz,
    version bigint not null default 1,
    constraint orders_pkey primary key (reseller_id, order_id),
    constraint orders_hold_key unique (reseller_id, hold_id),
    constraint orders_state check (state in ('awaiting_payment', 'processing', 'paid', 'expired', 'cancelled')),
    constraint orders_paid_has_time check ((state = 'paid') = (paid_at is not null)),
    constraint orders_total_not_negative check (total >= 0),
    constraint orders_refund_policy check (refund_policy in ('fees_kept', 'fees_returned')),
    constraint orders_sold_through check (sold_through in ('api', 'hosted_shop'))
) with (fillfactor = 70);
create unique index orders_reference_key on orders (reseller_id, reference) where reference is not null;
create index orders_created_idx on orders (reseller_id, created_at, order_id);
create index orders_due_idx on orders (due_at) where state in ('awaiting_payment', 'processing');
call isolate('orders');
call open_to_worker('orders');
grant select, insert, update on orders to stagedoor_app;
grant select (reseller_id, order_id, state, due_at) on orders to stagedoor_worker;

create table order_items (
    reseller_id uuid not null,
    order_id uuid not null,
    item_no smallint not null,
    performance_id uuid not null,
    ticket_id uuid not null,
    offer_id uuid not null,
    -- The allocation that it was taken from.
    block_id uuid,
    show_id uuid not null,
    ticket_type text not null,
    price_tier text not null,
    section text not null,
    row_label text,
    seat_label text,
    face_value numeric not null,
    -- Percent of the reseller's own tax that the face value includes, and that tax; null: not told.
    tax_rate numeric,
    ticket_tax numeric,
    -- The fees for this ticket (the platform's, the hosted shop's) with the tax on each, the rule that they were found by, and how
    -- much of them the buyer pays on top of the face value.
    fee_rule_id uuid not null,
    platform_fee numeric not null,
    platform_fee_tax numeric not null,
    hosting_fee numeric not null default 0,
    hosting_fee_tax numeric not null default 0,
    buyer_fee numeric not null,
    total numeric not null,
    -- The credential: the right to enter that this item became when it was paid.
    credential text not null default 'none',
    -- When somebody entered with it, and where, in the door's own word.
    checked_in_at timestamptz,
    check_in_gate text,
    constraint order_items_pkey primary key (reseller_id, order_id, item_no),
    constraint order_items_order_fkey foreign key (reseller_id, order_id) references orders,
    constraint order_items_total check (total = face_value + buyer_fee),
    constraint order_items_tax_whole check ((tax_rate is null) = (ticket_tax is null)),
    constraint order_items_tax check (tax_rate between 0 and 100 and ticket_tax between 0 and face_value),
    constraint order_items_credential check (credential in ('none', 'issued', 'checked_in', 'voided', 'suspended')),
    constraint order_items_checked_in_has_time check ((credential = 'checked_in') = (checked_in_at is not null)),
    constraint order_items_gate_of_check_in check (check_in_gate is null or checked_in_at is not null)
) with (fillfactor = 70);
create index order_items_ticket_idx on order_items (reseller_id, performance_id, ticket_id);
call isolate('order_items');
grant select, insert, update on order_items to stagedoor_app;

create table payments (
    reseller_id uuid not null,
    payment_id uuid not null,
    order_id uuid not null,
    attempt smallint not null,
    state text not null default 'creating',
    method text not null,
    amount numeric not null,
    -- What came, which may be another amount than what was asked for.
    received numeric,
    currency char(3) not null,
    provider_intent text,
    -- The provider's hosted page: its session there, and where the buyer comes back to.
    provider_session text,
    page_url text,
    return_url text,
    -- Where the buyer's bank wants to see the buyer.
    action_url text,
    provider_charge text,
    -- The provider's balance transaction, known some time after the charge; its fee is booked once, then noted here.
    provider_transaction text,
    provider_fee numeric,
    -- When the provider has the money at the platform's disposal; known with the fee.
    provider_available_at timestamptz,
    fee_due_at timestamptz not null default '-infinity',
    fee_tries smallint not null default 0,
    client_secret text,
    decline_code text,
    decline_message text,
    -- Which try it was that was declined, so that it is told once however often we hear of it.
    decline_ref text,
    -- When the worker asks the provider how it stands, while nobody else will, and how often it has asked in vain.
    due_at timestamptz not null,
    tries smallint not null default 0,
    created_at timestamptz not null,
    version bigint not null default 1,
    constraint payments_pkey primary key (reseller_id, payment_id),
    constraint payments_order_fkey foreign key (reseller_id, order_id) references orders,
    constraint payments_attempt_key unique (reseller_id, order_id, attempt),
    constraint payments_intent_key unique (reseller_id, provider_intent),
    constraint payments_session_key unique (reseller_id, provider_session),
    constraint payments_method check (method in ('client_secret', 'page', 'confirm')),
    constraint payments_state check (state in
        ('creating', 'requires_payment', 'requires_action', 'processing', 'succeeded', 'cancelling', 'cancelled')),
    constraint payments_amount_positive check (amount > 0),
    constraint payments_received_when_succeeded check ((state = 'succeeded') = (received is not null))
) with (fillfactor = 70);
create unique index payments_one_open_key on payments (reseller_id, order_id)
    where state in ('creating', 'requires_payment', 'requires_action', 'processing', 'cancelling');
-- Disputes, fraud warnings and refunds made at the provider name its payment, not our tenant.
create index payments_intent_idx on payments (provider_intent) where provider_intent is not null;
create index payments_due_idx on payments (due_at) where state in ('creating', 'processing');
create index payments_fee_due_idx on payments (fee_due_at) where provider_transaction is not null and provider_fee is null;
call isolate('payments');
call open_to_worker('payments');
grant select, insert, update on payments to stagedoor_app;
grant select (reseller_id, payment_id, provider_intent, provider_transaction, provider_fee, fee_due_at, state, due_at) on payments to stagedoor_worker;

create table refunds (
    reseller_id uuid not null,
    refund_id uuid not null,
    order_id uuid not null,
    payment_id uuid not null,
    amount numeric not null,
    currency char(3) not null,
    item_nos smallint[] not null,
    -- Of the tax in the prices, what goes back with it; null where none was told.
    ticket_tax numeric,
    reason text not null,
    -- The failed refund that this one makes good.
    retry_of uuid,
    state text not null default 'pending',
    provider_refund text,
    -- Why it failed, in the provider's word.
    failure_reason text,
    due_at timestamptz not null,
    tries smallint not null default 0,
    created_at timestamptz not null,
    version bigint not null default 1,
    constraint refunds_pkey primary key (reseller_id, refund_id),
    constraint refunds_payment_fkey foreign key (reseller_id, payment_id) references payments,
    constraint refunds_retry_fkey foreign key (reseller_id, retry_of) references refunds,
    constraint refunds_retry_key unique (reseller_id, retry_of),
    constraint refunds_provider_key unique (reseller_id, provider_refund),
    constraint refunds_state check (state in ('pending', 'succeeded', 'failed')),
    constraint refunds_amount_positive check (amount > 0)
) with (fillfactor = 70);
create index refunds_order_idx on refunds (reseller_id, order_id);
create index refunds_pending_idx on refunds (due_at) where state = 'pending';
call isolate('refunds');
call open_to_worker('refunds');
grant select, insert, update on refunds to stagedoor_app;
grant select (reseller_id, refund_id, state, due_at) on refunds to stagedoor_worker;

-- The buyer's bank wants the money of a payment back. The journals of it are accounting's.
create table disputes (
    reseller_id uuid not null,
    dispute_id uuid not null,
    order_id uuid not null,
    payment_id uuid not null,
    provider_dispute text not null,
    amount numeric not null,
    currency char(3) not null,
    reason text not null,
    state text not null,
    evidence_due_by timestamptz,
    -- What the bank has taken and not given back: how much of it the reseller has had, how much is beyond that; what the provider
    -- has taken for the dispute; and by which of the provider's balance transactions, each of which is in the books once.
    own numeric not null default 0,
    excess numeric not null default 0,
    -- Of the tax in the prices of the order's tickets, what went with `own`.
    ticket_tax numeric not null default 0,
    fee numeric not null default 0,
    loss_booked boolean not null default false,
    provider_transactions text[] not null default '{}',
    created_at timestamptz not null,
    version bigint not null default 1,
    constraint disputes_pkey primary key (reseller_id, dispute_id),
    constraint disputes_payment_fkey foreign key (reseller_id, payment_id) references payments,
    constraint disputes_provider_key unique (reseller_id, provider_dispute),
    constraint disputes_state check (state in ('inquiry', 'needs_response', 'under_review', 'won', 'lost', 'closed')),
    constraint disputes_amount_positive check (amount > 0)
);
create index disputes_order_idx on disputes (reseller_id, order_id);
create index disputes_created_idx on disputes (reseller_id, created_at, dispute_id);
call isolate('disputes');
grant select, insert, update on disputes to stagedoor_app;

-- The card's issuer believes that a payment was fraud; no money has moved yet.
create table fraud_warnings (
    reseller_id uuid not null,
    fraud_warning_id uuid not null,
    order_id uuid not null,
    payment_id uuid not null,
    provider_warning text not null,
    fraud_type text not null,
    actionable boolean not null,
    created_at timestamptz not null,
    version bigint not null default 1,
    constraint fraud_warnings_pkey primary key (reseller_id, fraud_warning_id),
    constraint fraud_warnings_payment_fkey foreign key (reseller_id, payment_id) references payments,
    constraint fraud_warnings_provider_key unique (reseller_id, provider_warning)
);
create index fraud_warnings_order_idx on fraud_warnings (reseller_id, order_id);
create index fraud_warnings_created_idx on fraud_warnings (reseller_id, created_at, fraud_warning_id);
call isolate('fraud_warnings');
grant select, insert, update on fraud_warnings to stagedoor_app;

-- The provider's callbacks, stored once before they are applied; the raw payload stays whatever we made of it.
create table provider_callbacks (
    reseller_id uuid not null,
    provider_event text not null,
    type text not null,
    payload jsonb not null,
    received_at timestamptz not null,
    applied_at timestamptz,
    constraint provider_callbacks_pkey primary key (reseller_id, provider_event)
);
-- The provider's own list of events is compared with what came, over all tenants.
create index provider_callbacks_event_idx on provider_callbacks (provider_event);
call isolate('provider_callbacks');
call open_to_worker('provider_callbacks');
grant select (provider_event) on provider_callbacks to stagedoor_worker;
grant select, insert, update on provider_callbacks to stagedoor_app;

-- Callbacks that name no tenant of ours: kept for operators, never acknowledged and dropped.
create table parked_callbacks (
    provider_event text not null,
    type text not null,
    payload jsonb not null,
    received_at timestamptz not null,
    constraint parked_callbacks_pkey primary key (provider_event)
);
grant select, insert on parked_callbacks to stagedoor_worker;

-- Up to when the provider's own list of events was read to the end, per account: what never came as a callback is in there.
create table provider_logs (
    mode text not null,
    -- Seconds since 1970, by the provider's clock.
    read_until bigint not null,
    constraint provider_logs_pkey primary key (mode),
    constraint provider_logs_mode check (mode in ('live', 'test'))
);
grant select, insert, update on provider_logs to stagedoor_worker;

-- A performance that was moved to another time: whose tickets are told, kept or given back, and by when that is decided.
create table reschedulings (
    reseller_id uuid not null,
    rescheduling_id uuid not null,
    performance_id uuid not null,
    state text not null default 'telling',
    starts_before timestamptz not null,
    starts_at timestamptz not null,
    decide_by timestamptz not null,
    default_decision text not null,
    -- When the worker looks at it next.
    due_at timestamptz not null,
    created_at timestamptz not null,
    version bigint not null default 1,
    constraint reschedulings_pkey primary key (reseller_id, rescheduling_id),
    constraint reschedulings_performance_fkey foreign key (reseller_id, performance_id) references performances on delete cascade,
    constraint reschedulings_state check (state in ('telling', 'deciding', 'closing', 'done')),
    constraint reschedulings_default check (default_decision in ('keep', 'refund'))
);
create unique index reschedulings_one_open_key on reschedulings (reseller_id, performance_id) where state <> 'done';
create index reschedulings_due_idx on reschedulings (due_at) where state <> 'done';
call isolate('reschedulings');
call open_to_worker('reschedulings');
grant select, insert, update on reschedulings to stagedoor_app;
grant select (reseller_id, rescheduling_id, state, due_at) on reschedulings to stagedoor_worker;

-- An order with tickets of it, from when its buyer was told.
create table rescheduling_orders (
    reseller_id uuid not null,
    rescheduling_id uuid not null,
    order_id uuid not null,
    -- Null: not decided yet.
    decision text,
    by_default boolean not null default false,
    refund_id uuid,
    -- Why the tickets could not be given back though that was decided, or why it is tried again.
    problem text,
    decided_at timestamptz,
    -- When telling or closing it is tried again that failed for no fault of its buyer; the others do not wait for it.
    retry_at timestamptz,
    -- Not yet, where telling failed.
    told boolean not null default true,
    constraint rescheduling_orders_pkey primary key (reseller_id, rescheduling_id, order_id),
    constraint rescheduling_orders_rescheduling_fkey foreign key (reseller_id, rescheduling_id) references reschedulings
        on delete cascade,
    constraint rescheduling_orders_order_fkey foreign key (reseller_id, order_id) references orders,
    constraint rescheduling_orders_decision check (decision in ('keep', 'refund')),
    constraint rescheduling_orders_decided_whole check ((decision is null) = (decided_at is null))
);
create index rescheduling_orders_open_idx on rescheduling_orders (reseller_id, rescheduling_id, order_id) where decision is null;
create index rescheduling_orders_untold_idx on rescheduling_orders (reseller_id, rescheduling_id, order_id) where not told;
call isolate('rescheduling_orders');
grant select, insert, update on rescheduling_orders to stagedoor_app;
