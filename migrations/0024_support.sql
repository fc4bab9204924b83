-- How far each tenant's log was looked through for performances that are sold out, or not any more.
create table stock_watches (
    reseller_id uuid not null,
    position bigint not null,
    -- Up to where it was told which looked-at tickets were bought.
    purchases_position bigint,
    -- Performances that could not be looked at, and when they are tried again, by the cell's own clock.
    failed uuid[] not null default '{}',
    retry_at timestamptz,
    constraint stock_watches_pkey primary key (reseller_id)
);
call isolate('stock_watches');
call open_to_worker('stock_watches');
grant select, insert, update on stock_watches to stagedoor_app;
grant select (reseller_id, position, retry_at) on stock_watches to stagedoor_worker;

-- What resellers ask the platform's operators about, and what both sides wrote.
create table support_cases (
    reseller_id uuid not null,
    case_id uuid not null,
    state text not null default 'open',
    category text not null,
    subject text not null,
    order_id uuid,
    item_no smallint,
    payment_id uuid,
    payout_id uuid,
    -- The operator who sees to it.
    assignee text,
    -- How many there are, numbered from 1.
    messages int not null default 0,
    created_at timestamptz not null,
    -- When something was last written.
    written_at timestamptz not null,
    version bigint not null default 1,
    constraint support_cases_pkey primary key (reseller_id, case_id),
    constraint support_cases_order_fkey foreign key (reseller_id, order_id) references orders,
    constraint support_cases_item_fkey foreign key (reseller_id, order_id, item_no) references order_items,
    constraint support_cases_payment_fkey foreign key (reseller_id, payment_id) references payments,
    constraint support_cases_payout_fkey foreign key (reseller_id, payout_id) references payouts,
    constraint support_cases_state check (state in ('open', 'waiting_for_us', 'waiting_for_reseller', 'resolved', 'closed')),
    constraint support_cases_category check (category in ('sales', 'payments', 'payouts', 'webhooks', 'account', 'other')),
    constraint support_cases_item_of_order check (item_no is null or order_id is not null)
);
create index support_cases_state_idx on support_cases (reseller_id, state, case_id);
-- The operators' list goes over all resellers: ids, states and times, and nothing that was written.
create index support_cases_all_idx on support_cases (case_id);
call isolate('support_cases');
call open_to_worker('support_cases');
grant select, insert, update on support_cases to stagedoor_app;
grant select (reseller_id, case_id, state, category, assignee, messages, created_at, written_at) on support_cases to stagedoor_worker;

-- Written once and never changed.
create table support_messages (
    reseller_id uuid not null,
    case_id uuid not null,
    message_no int not null,
    author text not null,
    -- Which operator.
    operator text,
    text text not null,
    created_at timestamptz not null,
    constraint support_messages_pkey primary key (reseller_id, case_id, message_no),
    constraint support_messages_case_fkey foreign key (reseller_id, case_id) references support_cases,
    constraint support_messages_author check (author in ('reseller', 'operator')),
    constraint support_messages_operator check ((author = 'operator') = (operator is not null))
);
call isolate('support_messages');
grant select, insert on support_messages to stagedoor_app;
