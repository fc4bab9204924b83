//! Who owns a ticket: given away, renamed, exchanged, made void; what that does to stock, limits, letters and books.

use std::time::Duration;

use foundation::{
    Code, Result,
    id::{OrderId, PerformanceId, TicketId},
};
use serde_json::{Value, json};
use ticketing::{
    rules::{
        order::{Credential, Order},
        owner::{OwnerChange, Ownership, TicketOwner},
    },
    store::owners,
    use_cases::{
        exchange_ticket::{Wish, exchange_ticket},
        refund::{NewRefund, accept_refund},
        rename_ticket::rename_ticket,
        reprice::reprice,
        transfer_ticket::transfer_ticket,
        update_offer::update_offer,
        void_ticket::{PlaceOfVoid, void_ticket},
    },
};

use crate::{
    bank::Bank,
    house::{House, at_once, code, eur, places},
    lanes::refusal,
    process::Process,
};

const VISA: &str = "pm_card_visa";

fn grace() -> TicketOwner {
    TicketOwner::parse("Grace", "grace@example.com", None).unwrap()
}

async fn transfer(house: &House, order: OrderId, no: i16, to: TicketOwner) -> Result<Order> {
    let mut tx = house.tx().await;
    let order = transfer_ticket(&mut tx, order, no, to).await?;
    tx.commit().await?;
    Ok(order)
}

async fn rename(house: &House, order: OrderId, no: i16, name: &str) -> Result<Order> {
    let mut tx = house.tx().await;
    let order = rename_ticket(&mut tx, order, no, name).await?;
    tx.commit().await?;
    Ok(order)
}

async fn void(process: &Process, order: OrderId, no: i16, place: PlaceOfVoid) -> Result<Order> {
    let mut tx = process.inventory.cell().tenant(process.reseller).await?;
    let (order, changes) = void_ticket(&mut tx, &process.inventory, order, no, place).await?;
    tx.commit().await?;
    process.inventory.learn_own(process.reseller, &changes);
    Ok(order)
}

async fn exchange(
    process: &Process,
    order: OrderId,
    no: i16,
    (performance, ticket): (Option<PerformanceId>, TicketId),
) -> Result<Order> {
    let mut tx = process.inventory.cell().tenant(process.reseller).await?;
    let wish = Wish { performance, ticket };
    let (order, changes) = exchange_ticket(&mut tx, &process.inventory, order, no, wish).await?;
    tx.commit().await?;
    process.inventory.learn_own(process.reseller, &changes);
    Ok(order)
}

async fn history(house: &House, order: OrderId, no: i16) -> Vec<Ownership> {
    owners::of_item(&mut house.tx().await, order, no, None, 100).await.unwrap()
}

/// Kind and recipient of each letter, in the order in which they were queued.
async fn letters(house: &House) -> Vec<(String, String)> {
    let sql = "select kind, recipient from mail_outbox order by letter_id";
    sqlx::query_as(sql).fetch_all(&mut house.db.as_owner().await).await.unwrap()
}

/// The data of the newest event of this type.
async fn event(house: &House, kind: &str) -> Value {
    let sql = "select data from events where type = $1 order by event_id desc limit 1";
    sqlx::query_scalar(sql).bind(kind).fetch_one(&mut house.db.as_owner().await).await.unwrap()
}

#[tokio::test]
async fn a_ticket_changes_hands_with_a_right_to_enter_of_its_own_and_both_are_told() {
    let house = House::with(places(5)).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let order = bank.sold(&house, &process, vec![house.stage().any(2)], VISA).await;
    let after = transfer(&house, order.id, 1, grace()).await.unwrap();
    assert_eq!(after.version, order.version + 1);
    rename(&house, order.id, 1, "Grace Hopper").await.unwrap();
    let owners = history(&house, order.id, 1).await;
    let changes: Vec<_> = owners.iter().map(|of| (of.no, of.change, of.owner.name.as_deref().unwrap())).collect();
    assert_eq!(
        changes,
        [
            (1, OwnerChange::Purchased, "Ada"),
            (2, OwnerChange::Transferred, "Grace"),
            (3, OwnerChange::Renamed, "Grace Hopper")
        ]
    );
    assert_ne!(owners[0].credential, owners[1].credential, "what Ada has opens nothing any more");
    assert_eq!(owners[1].credential, owners[2].credential, "the same person, the same right");
    assert_eq!(owners[2].owner.email.as_deref(), Some("grace@example.com"));
    assert_eq!(history(&house, order.id, 2).await.len(), 1, "the other ticket is Ada's");
    let told = letters(&house).await;
    let told: Vec<_> = told.iter().map(|(kind, to)| (kind.as_str(), to.as_str())).collect();
    assert_eq!(told[1..], [("ticket_received", "grace@example.com"), ("ticket_given_away", "ada@example.com")]);
    let sql = "select data from mail_outbox where kind = 'ticket_received'";
    let letter: Value = sqlx::query_scalar(sql).fetch_one(&mut house.db.as_owner().await).await.unwrap();
    assert_eq!(letter["performances"][0]["tickets"].as_array().unwrap().len(), 1, "of one ticket: {letter}");
    assert!(!letter.to_string().contains("Ada"), "{letter}");
    for (kind, before) in [("ticket.transferred", &owners[0]), ("ticket.renamed", &owners[1])] {
        let data = event(&house, kind).await;
        assert_eq!((&data["item_no"], &data["credential_id"]), (&json!(1), &json!(owners[2].credential)), "{data}");
        assert_eq!(data["credential_before"], json!(before.credential));
        assert!(!data.to_string().to_lowercase().contains("grace"), "{data}");
    }
    assert_eq!(code(transfer(&house, order.id, 1, grace()).await), Code::InvalidField, "it is hers");
    assert_eq!(code(rename(&house, order.id, 1, "Grace Hopper").await), Code::InvalidField, "it is her name");
    assert_eq!(code(transfer(&house, order.id, 3, grace()).await), Code::NotFound);
    house.end().await;
}

#[tokio::test]
async fn what_is_unpaid_void_given_back_suspended_disputed_or_over_does_not_change_hands() {
    let house = House::of(eur("10.00"), vec![places(9), places(1)]).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let free = house.stage().tickets[8];
    let refused = async |order: OrderId, no: i16| {
        let codes = [
            code(transfer(&house, order, no, grace()).await),
            code(rename(&house, order, no, "Other").await),
            code(void(&process, order, no, PlaceOfVoid::Blocked).await),
            code(exchange(&process, order, no, (None, free)).await),
        ];
        assert_eq!(codes, [codes[0]; 4]);
        codes[0]
    };
    let unpaid = process.ordered(house.stage().these(&[0])).await;
    assert_eq!(refused(unpaid.id, 1).await, Code::OrderNotPaid);
    let order = bank.sold(&house, &process, house.stage().these(&[1, 2]), VISA).await;
    void(&process, order.id, 1, PlaceOfVoid::OnSale).await.unwrap();
    assert_eq!(refused(order.id, 1).await, Code::TicketVoid);
    let back = bank.sold(&house, &process, house.stage().these(&[3]), VISA).await;
    let mut tx = house.tx().await;
    let new = NewRefund { order: back.id, items: None, reason: String::new() };
    accept_refund(&mut tx, &process.inventory, &new).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(refused(back.id, 1).await, Code::RefundUnderWay);
    let disputed = bank.sold(&house, &process, house.stage().these(&[4]), VISA).await;
    let charge = house.payments(disputed.id).await.remove(0).provider_intent.unwrap();
    bank.trigger(json!({ "what": "fraud_warning", "charge": charge })).await;
    bank.apply(&house, &process, "radar.early_fraud_warning.created").await;
    assert_eq!(refused(disputed.id, 1).await, Code::TicketSuspended);
    bank.trigger(json!({ "what": "dispute", "charge": charge })).await;
    bank.apply(&house, &process, "charge.dispute.created").await;
    assert_eq!(refused(disputed.id, 1).await, Code::PaymentDisputed);
    house.ahead(Duration::from_secs(31 * 86_400)).await;
    assert_eq!(refused(order.id, 2).await, Code::PerformanceOver);
    house.ahead(Duration::ZERO).await;
    let sql = "update performances set state = 'cancelled' where reseller_id = $1 and performance_id = $2";
    let mut owner = house.db.as_owner().await;
    sqlx::query(sql).bind(house.reseller).bind(house.stage().id).execute(&mut owner).await.unwrap();
    assert_eq!(refused(order.id, 2).await, Code::PerformanceCancelled);
    house.end().await;
}

#[tokio::test]
async fn a_void_ticket_is_on_sale_again_or_stays_off_it_until_that_is_asked() {
    let house = House::with(places(2)).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let order = bank.sold(&house, &process, vec![house.stage().any(2)], VISA).await;
    let free = async || (house.claimed().await, process.thinks_free(house.stage().id).await);
    void(&process, order.id, 1, PlaceOfVoid::OnSale).await.unwrap();
    assert_eq!(free().await, (1, 1));
    void(&process, order.id, 2, PlaceOfVoid::Blocked).await.unwrap();
    assert_eq!(free().await, (1, 1), "the place of the second one stays taken");
    assert_eq!(house.owner_of(order.items[1].held.ticket).await.unwrap().0, "block");
    let credentials: Vec<_> = house.order(order.id).await.items.iter().map(|item| item.credential).collect();
    assert_eq!(credentials, [Credential::Voided; 2]);
    assert_eq!(history(&house, order.id, 2).await[1].credential, None);
    assert!(house.refunds(order.id).await.is_empty(), "void and refund are two acts");
    assert_eq!(code(void(&process, order.id, 2, PlaceOfVoid::Blocked).await), Code::TicketVoid);
    void(&process, order.id, 2, PlaceOfVoid::OnSale).await.unwrap();
    assert_eq!(free().await, (0, 2));
    assert_eq!(code(void(&process, order.id, 2, PlaceOfVoid::OnSale).await), Code::TicketVoid);
    let told = letters(&house).await;
    assert_eq!(told.iter().filter(|(kind, _)| kind == "ticket_voided").count(), 2);
    // Both are sold again, and the one that was void has nothing to do with them.
    bank.sold(&house, &process, vec![house.stage().any(2)], VISA).await;
    assert_eq!(code(void(&process, order.id, 2, PlaceOfVoid::OnSale).await), Code::TicketVoid);
    assert_eq!(house.claimed().await, 2);
    house.end().await;
}

#[tokio::test]
async fn whoever_was_given_a_ticket_is_told_that_it_went_back_for_its_money() {
    let house = House::with(places(5)).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let order = bank.sold(&house, &process, vec![house.stage().any(2)], VISA).await;
    transfer(&house, order.id, 2, grace()).await.unwrap();
    let mut tx = house.tx().await;
    let new = NewRefund { order: order.id, items: None, reason: String::new() };
    accept_refund(&mut tx, &process.inventory, &new).await.unwrap();
    tx.commit().await.unwrap();
    let voided: Vec<_> = letters(&house).await.into_iter().filter(|(kind, _)| kind == "ticket_voided").collect();
    assert_eq!(voided, [("ticket_voided".to_owned(), "grace@example.com".to_owned())]);
    for no in [1, 2] {
        assert_eq!(history(&house, order.id, no).await.last().unwrap().change, OwnerChange::Voided);
    }
    house.end().await;
}

/// Tickets sold of a performance, by the books.
async fn sold_of(house: &House, performance: PerformanceId) -> i64 {
    let filter = accounting::SalesFilter { group_by: accounting::SalesGroup::Performance, ..Default::default() };
    let report = accounting::sales_report(&mut house.tx().await, &filter).await.unwrap();
    let is_its =
        |key: &accounting::SalesKey| matches!(key, accounting::SalesKey::Performance(_, of) if *of == performance);
    let its = report.rows.iter().filter(|row| is_its(&row.key));
    its.map(|row| row.figures.tickets_sold).sum()
}

#[tokio::test]
async fn a_ticket_is_exchanged_for_an_equal_one_and_the_one_before_is_free() {
    let house = House::of(eur("10.00"), vec![places(3), places(3)]).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let (here, there) = (&house.stages[0], &house.stages[1]);
    let order = bank.sold(&house, &process, vec![here.ticket(0)], VISA).await;
    let balance = accounting::balance(&mut house.tx().await).await.unwrap();
    let after = exchange(&process, order.id, 1, (None, here.tickets[2])).await.unwrap();
    assert_eq!(after.items[0].held.ticket, here.tickets[2]);
    assert_eq!(house.owner_of(here.tickets[0]).await, None);
    assert_eq!((process.thinks_free(here.id).await, house.claimed().await), (2, 1));
    let after = exchange(&process, order.id, 1, (Some(there.id), there.tickets[1])).await.unwrap();
    assert_eq!((after.items[0].held.performance, after.items[0].held.offer), (there.id, there.offer));
    assert_eq!(house.order(order.id).await, after, "what is told is what is written");
    assert_eq!((process.thinks_free(here.id).await, process.thinks_free(there.id).await), (3, 2));
    assert_eq!((sold_of(&house, here.id).await, sold_of(&house, there.id).await), (0, 1));
    assert_eq!(accounting::balance(&mut house.tx().await).await.unwrap(), balance, "no money moved");
    let changes: Vec<_> = history(&house, order.id, 1).await.iter().map(|of| of.change).collect();
    assert_eq!(changes, [OwnerChange::Purchased, OwnerChange::Exchanged, OwnerChange::Exchanged]);
    let data = event(&house, "ticket.exchanged").await;
    assert_eq!((&data["performance_id"], &data["id"]), (&json!(there.id), &json!(there.tickets[1])));
    // And back, which is another exchange, and then its money is given back where it is.
    exchange(&process, order.id, 1, (Some(here.id), here.tickets[0])).await.unwrap();
    exchange(&process, order.id, 1, (Some(there.id), there.tickets[1])).await.unwrap();
    let mut tx = house.tx().await;
    let new = NewRefund { order: order.id, items: None, reason: String::new() };
    accept_refund(&mut tx, &process.inventory, &new).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!((sold_of(&house, here.id).await, house.claimed().await), (0, 0));
    house.end().await;
}

#[tokio::test]
async fn what_is_taken_costs_something_else_or_is_not_there_is_not_exchanged() {
    let house = House::of(eur("10.00"), vec![places(3), places(3)]).await;
    let other_show = house.another_show(eur("10.00"), 1).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let (here, there) = (&house.stages[0], &house.stages[1]);
    let order = bank.sold(&house, &process, vec![here.ticket(0)], VISA).await;
    process.hold(vec![here.ticket(1)]).await.unwrap();
    let mut tx = house.tx().await;
    update_offer(&mut tx, there.id, there.offer, 1, eur("12.50")).await.unwrap();
    reprice(&mut tx, here.id, &[(here.offer, eur("11.00"))], false).await.unwrap();
    tx.commit().await.unwrap();
    let before = house.order(order.id).await;
    let dearer = refusal(exchange(&process, order.id, 1, (Some(there.id), there.tickets[0])).await);
    assert_eq!(
        (dearer.code, &dearer.alternatives.unwrap()["difference"]["amount"]),
        (Code::PriceDiffers, &json!("2.50"))
    );
    assert_eq!(code(exchange(&process, order.id, 1, (None, here.tickets[1])).await), Code::SeatsUnavailable);
    for wrong in [
        (None, here.tickets[0]),
        (None, there.tickets[0]),
        (Some(other_show.id), other_show.tickets[0]),
        (Some(PerformanceId::new()), there.tickets[0]),
    ] {
        assert_eq!(code(exchange(&process, order.id, 1, wrong).await), Code::InvalidField, "{wrong:?}");
    }
    assert_eq!(house.order(order.id).await, before);
    // Under the same offer it is an equal ticket, though the offer costs more by now.
    exchange(&process, order.id, 1, (None, here.tickets[2])).await.unwrap();
    house.end().await;
}

#[tokio::test]
async fn who_has_as_many_tickets_as_one_may_have_can_still_exchange_one() {
    let house = House::of(eur("10.00"), vec![places(4), places(4)]).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let (here, there) = (&house.stages[0], &house.stages[1]);
    let sql = "update shows set buyer_max = 2 where reseller_id = $1";
    sqlx::query(sql).bind(house.reseller).execute(&mut house.db.as_owner().await).await.unwrap();
    let order = bank.sold(&house, &process, vec![here.ticket(0), here.ticket(1)], VISA).await;
    exchange(&process, order.id, 1, (None, here.tickets[2])).await.unwrap();
    bank.sold(&house, &process, vec![there.ticket(0), there.ticket(1)], VISA).await;
    // There the buyer has two already.
    assert_eq!(code(exchange(&process, order.id, 1, (Some(there.id), there.tickets[2])).await), Code::BuyerLimit);
    house.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_who_want_the_same_ticket_instead_of_theirs_one_has_it() {
    let house = House::with(places(9)).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let mut orders = Vec::new();
    for nth in 0..8 {
        orders.push(bank.sold(&house, &process, vec![house.stage().ticket(nth)], VISA).await.id);
    }
    let last = house.stage().tickets[8];
    let outcomes = at_once(orders.into_iter().map(|order| {
        let process = process.clone();
        async move { exchange(&process, order, 1, (None, last)).await }
    }))
    .await;
    let (had, refused): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
    assert_eq!(had.len(), 1);
    for outcome in refused {
        assert!(matches!(code(outcome), Code::SeatsUnavailable | Code::Busy));
    }
    assert_eq!(house.claimed().await, 8);
    house.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ticket_that_is_given_to_several_at_once_goes_one_way() {
    let house = House::with(places(1)).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let order = bank.sold(&house, &process, vec![house.stage().any(1)], VISA).await;
    let outcomes = at_once((0..8).map(|n| {
        let process = process.clone();
        async move {
            let mut tx = process.inventory.cell().tenant(process.reseller).await?;
            let to = TicketOwner::parse("Friend", &format!("friend{n}@example.com"), None)?;
            transfer_ticket(&mut tx, order.id, 1, to).await?;
            Ok::<_, foundation::Error>(tx.commit().await?)
        }
    }))
    .await;
    assert_eq!(outcomes.into_iter().filter(Result::is_ok).count(), 8, "one after the other");
    let owners = history(&house, order.id, 1).await;
    let rights: std::collections::HashSet<_> = owners.iter().map(|of| of.credential).collect();
    assert_eq!((owners.len(), rights.len()), (9, 9));
    house.end().await;
}

#[tokio::test]
async fn what_is_exchanged_while_a_refund_waits_for_it_is_refunded_as_it_then_is() {
    let house = House::with(places(4)).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let order = bank.sold(&house, &process, vec![house.stage().any(1)], VISA).await;
    let other = house.stage().tickets.iter().copied().find(|ticket| *ticket != order.items[0].held.ticket).unwrap();
    let mut exchanging = house.tx().await;
    let wish = Wish { performance: None, ticket: other };
    let (_, changes) = exchange_ticket(&mut exchanging, &process.inventory, order.id, 1, wish).await.unwrap();
    let refund = async || {
        let new = NewRefund { order: order.id, items: None, reason: "ill".to_owned() };
        let mut tx = process.inventory.cell().tenant(process.reseller).await?;
        let (refund, changes) = accept_refund(&mut tx, &process.inventory, &new).await?;
        tx.commit().await?;
        process.inventory.learn_own(process.reseller, &changes);
        Ok::<_, foundation::Error>(refund)
    };
    let exchange = async {
        house.wait_for_a_blocked("stagedoor requests").await;
        exchanging.commit().await.unwrap();
        process.inventory.learn_own(process.reseller, &changes);
    };
    let (first, ()) = tokio::join!(refund(), exchange);
    assert_eq!(code(first), Code::Busy, "it had locked what is not the order's any more");
    assert_eq!(refund().await.unwrap().items, [1]);
    assert_eq!(process.thinks_free(house.stage().id).await, 4);
    house.end().await;
}
