-- Credit and vouchers: what buyers may still buy with. The books owe it to them (voucher_outstanding) until it is redeemed or expires.

create table credits (
    reseller_id uuid not null,
    credit_id uuid not null,
    -- Whoever knows the code may spend it: it is found by its hash, and kept sealed for who has to hand it to the buyer.
    code_hash bytea not null,
    sealed_code bytea not null,
    amount numeric not null,
    -- What no order has taken yet.
    balance numeric not null,
    currency char(3) not null,
    -- Whose refund made it. No foreign key: a credit may outlive the order's details.
    order_id uuid,
    reason text not null,
    expires_at timestamptz,
    -- When what was left was taken back.
    expired_at timestamptz,
    version bigint not null default 1,
    created_at timestamptz not null,
    constraint credits_pkey primary key (reseller_id, credit_id),
    constraint credits_code_key unique (reseller_id, code_hash),
    constraint credits_code_hash check (length(code_hash) = 32),
    constraint credits_amount_positive check (amount > 0),
    constraint credits_balance check (balance between 0 and amount),
    constraint credits_expired_is_spent check (expired_at is null or balance = 0)
);
create index credits_due_idx on credits (expires_at) where expired_at is null and expires_at is not null;
call isolate('credits');
call open_to_worker('credits');
grant select, insert, update on credits to stagedoor_app;
grant select (reseller_id, credit_id, expires_at, expired_at) on credits to stagedoor_worker;

-- What an order has of a credit: kept for it until it is paid, then redeemed. The rows of an order that ends unpaid are deleted.
create table order_credits (
    reseller_id uuid not null,
    order_id uuid not null,
    credit_id uuid not null,
    amount numeric not null,
    redeemed boolean not null default false,
    constraint order_credits_pkey primary key (reseller_id, order_id, credit_id),
    constraint order_credits_order_fkey foreign key (reseller_id, order_id) references orders,
    constraint order_credits_credit_fkey foreign key (reseller_id, credit_id) references credits,
    constraint order_credits_amount_positive check (amount > 0)
);
create index order_credits_credit_idx on order_credits (reseller_id, credit_id);
call isolate('order_credits');
grant select, insert, update, delete on order_credits to stagedoor_app;

-- How much of its total an order has in credit; the rest is paid by a payment.
alter table orders
    add column by_credit numeric not null default 0,
    add constraint orders_by_credit check (by_credit between 0 and total);

-- A refund takes from a payment, or from what the order had in credit; and gives money, or makes a credit. What was credit is never money.
alter table refunds
    alter column payment_id drop not null,
    add column credit_id uuid,
    add constraint refunds_credit_fkey foreign key (reseller_id, credit_id) references credits,
    add constraint refunds_credit_stays_credit check (payment_id is not null or credit_id is not null);
