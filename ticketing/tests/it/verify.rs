//! The checks themselves: each finds what it looks for.

use sqlx::AssertSqlSafe;
use ticketing::{
    use_cases::give_credit::{NewCredit, give_credit},
    verify::{against_provider, checks},
};

use crate::{
    bank::Bank,
    house::{House, eur, places},
    process::Process,
    waitlists::waited_for,
};

/// Breaks the house behind the application's back and gives which invariants are found broken.
async fn broken_by(sql: &str) -> Vec<&'static str> {
    let house = House::with(places(6)).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    bank.sold(&house, &process, vec![house.stage().any(2)], "pm_card_visa").await;
    process.ordered(vec![house.stage().any(1)]).await;
    let mut tx = house.tx().await;
    let credit = NewCredit { amount: eur("7.00"), reason: String::new(), expires_at: None };
    give_credit(&mut tx, &credit).await.unwrap();
    tx.commit().await.unwrap();
    let held = process.hold(vec![house.stage().any(2)]).await.unwrap();
    waited_for(&house, &process, held.id).await;
    house.end().await;
    let mut owner = house.db.as_owner().await;
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut owner).await.unwrap();
    let found = checks(&mut house.tx().await).await.unwrap();
    found.into_iter().filter(|checked| !checked.violations.is_empty()).map(|checked| checked.invariant).collect()
}

#[tokio::test]
async fn what_is_broken_is_found() {
    for (sql, invariant) in [
        (
            "delete from tickets t using claims c where c.ticket_id = t.ticket_id and c.owner_kind = 'hold'",
            "every live claim is on a ticket",
        ),
        (
            "update claims c set expires_at = '-infinity' from orders o where o.order_id = c.owner_id and o.state = 'paid'",
            "every issued or used credential",
        ),
        (
            "update order_items set ticket_id = (select min(ticket_id::text)::uuid from order_items where credential = 'issued') where credential = 'issued'",
            "no ticket has two credentials",
        ),
        ("update order_items set credential = 'none'", "every item of a paid order"),
        (
            "update claims c set expires_at = 'infinity' from orders o where o.order_id = c.owner_id and o.state <> 'paid'; update orders set state = 'expired' where state <> 'paid'",
            "every live claim for ever of an order",
        ),
        ("delete from item_owners", "every good credential has an owner now"),
        (
            "update order_items set credential = 'voided' where credential = 'issued'",
            "every good credential has an owner now",
        ),
        ("update item_owners set owner_no = 2", "the owners of a ticket follow each other"),
        ("update item_owners set change = 'transferred'", "the owners of a ticket follow each other"),
        (
            "update item_owners set credential_id = (select min(credential_id::text)::uuid from item_owners)",
            "whoever has a ticket after another",
        ),
        (
            "insert into item_owners (reseller_id, order_id, item_no, owner_no, change, credential_id, since) select reseller_id, order_id, item_no, 2, 'transferred', credential_id, since from item_owners",
            "whoever has a ticket after another",
        ),
        ("update holds set state = 'released' where state = 'active'", "every live claim of a hold"),
        ("delete from claims where owner_kind = 'hold'", "every live hold has all its claims"),
        ("update payments set received = received - 1", "an order's total"),
        (
            "update claims set owner_kind = 'block', expires_at = 'infinity' where owner_kind = 'hold'",
            "every live claim of a block",
        ),
        (
            "insert into blocks (reseller_id, block_id, performance_id, name, reason, tickets, created_at) select reseller_id, gen_random_uuid(), performance_id, 'press', 'house', 3, created_at from performances",
            "every active block has the claims",
        ),
        ("update tickets set block_id = gen_random_uuid()", "what is set aside is of an active allocation"),
        (
            "with b as (insert into blocks (reseller_id, block_id, performance_id, name, reason, channel, tickets, created_at) select reseller_id, gen_random_uuid(), performance_id, 'theirs', 'allocation', 'box office', 6, created_at from performances returning performance_id, block_id) update tickets t set block_id = b.block_id from b where t.performance_id = b.performance_id",
            "what is set aside for a seller",
        ),
        ("update slots set expires_at = 'infinity'", "every live slot of a limit"),
        (
            "alter table slots drop constraint slots_within_limit; update slots set maximum = 2",
            "no limit has more live slots",
        ),
        ("delete from slots", "every ticket of a live order"),
        ("update performances set rounds_from = created_at", "what a performance keeps of its sale rounds"),
        ("update performances set rounds_until = created_at", "what a performance keeps of its sale rounds"),
        ("update orders set total = total + 1", "an order's total"),
        (
            "insert into refunds (reseller_id, refund_id, order_id, payment_id, amount, currency, item_nos, reason, due_at, created_at) select reseller_id, gen_random_uuid(), order_id, payment_id, amount + 1, currency, '{}', '', created_at, created_at from payments",
            "refunds pending or succeeded",
        ),
        (
            "insert into refunds (reseller_id, refund_id, order_id, credit_id, amount, currency, item_nos, reason, state, due_at, created_at) select o.reseller_id, gen_random_uuid(), o.order_id, c.credit_id, 1, 'EUR', '{}', '', 'succeeded', o.created_at, o.created_at from orders o, credits c where o.state = 'paid'",
            "no more of what an order had in credit",
        ),
        ("update credits set balance = balance - 1", "no more of a credit is kept"),
        ("update credits set balance = balance - 1", "what buyers may still buy with is"),
        ("update orders set by_credit = 1", "an order's total"),
        ("update waitlists set waiting = 2", "a waitlist counts who waits"),
        ("update waitlists set scopes = '[]'", "a waitlist counts who waits"),
        (
            "insert into interests (reseller_id, interest_id, show_id, of_id, buyer_email, buyer_mark, created_at, forget_at) select reseller_id, gen_random_uuid(), show_id, show_id, 'a@example.com', '\\x00', created_at, created_at from shows",
            "a show counts all who wait",
        ),
        ("update holds set waitlist_entry_id = null", "every offer of a waitlist"),
        (
            "update waitlist_entries set state = 'lapsed', ended_at = created_at where state = 'offered'",
            "every offer of a waitlist",
        ),
        ("delete from event_positions where position = 2", "positions of the event log"),
        ("update events set version = 0 where type = 'order.paid'", "versions of an object"),
    ] {
        let found = broken_by(sql).await;
        assert!(found.iter().any(|found| found.starts_with(invariant)), "{invariant}: found {found:?}");
    }
}

#[tokio::test]
async fn what_the_provider_knows_otherwise_is_found() {
    let house = House::with(places(3)).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    bank.sold(&house, &process, vec![house.stage().any(1)], "pm_card_visa").await;
    let unpaid = process.ordered(vec![house.stage().any(1)]).await;
    bank.start(&process, unpaid.id).await;
    let found = async || {
        let checked = against_provider(house.db.cell(), &bank.providers.test, house.reseller).await.unwrap();
        checked.violations
    };
    assert!(found().await.is_empty());
    house.end().await;
    for (sql, told) in [
        ("update payments set received = received + 1", "11.00 EUR here, Ok(10.00)"),
        ("update payments set state = 'succeeded', received = 10", "10 EUR here, Ok(0.00) and Open there"),
        ("update payments set provider_intent = null", "without the provider's id"),
    ] {
        sqlx::raw_sql(sql).execute(&mut house.db.as_owner().await).await.unwrap();
        let found = found().await;
        assert!(found.iter().any(|violation| violation.contains(told)), "{told}: {found:?}");
    }
}
