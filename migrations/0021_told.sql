-- What ticketing and tenancy tell the books of the ids in them: the only things of theirs that accounting reads. The tables behind them
-- are theirs to change; what is told stays. They show what their reader may see of the tables.

-- What is played when.
create view told_performances with (security_invoker = true) as
    select p.reseller_id, p.performance_id, s.title, p.starts_at, p.ends_at
    from performances p join shows s on s.reseller_id = p.reseller_id and s.show_id = p.show_id;

-- A reseller's own name of an order, and what its buyer answered.
create view told_orders with (security_invoker = true) as
    select reseller_id, order_id, reference, answers from orders;

-- What a ticket was sold under: the rule of its fees, the promotion, the channel of the allocation that it was taken from.
create view told_items with (security_invoker = true) as
    select i.reseller_id, i.order_id, i.item_no, i.fee_rule_id, i.promotion_id, coalesce(b.channel, 'api') as channel
    from order_items i left join blocks b on b.reseller_id = i.reseller_id and b.block_id = i.block_id;

-- What the payment provider calls a payment that came, a refund, and a payout.
create view told_charges with (security_invoker = true) as
    select reseller_id, order_id, attempt, provider_charge from payments where state = 'succeeded' and provider_charge is not null;
create view told_refunds with (security_invoker = true) as
    select reseller_id, refund_id, provider_refund from refunds where provider_refund is not null;
create view told_payouts with (security_invoker = true) as
    select reseller_id, payout_id, provider_transfer, provider_payout from payouts;

-- Whose the account is before the law.
create view told_account_holders with (security_invoker = true) as
    select reseller_id, legal_name, address, country, tax_id from resellers;

grant select on told_performances, told_orders, told_items, told_charges, told_refunds, told_payouts, told_account_holders to stagedoor_app;
