//! What buyers are told by e-mail: which letters the outbox has after what happened, each once.

use std::time::Duration;

use foundation::{
    Instant,
    id::{OrderId, ResellerId},
    mail::Language,
};
use serde_json::{Value, json};
use ticketing::{
    provider::Kind,
    rules::{
        letter::{DeclineReason, Letter, News, ReturnReason},
        order::{Buyer, Order, OrderState},
    },
    use_cases::{
        expire::do_due,
        refund::{NewRefund, accept_refund, send},
        update_buyer::update_buyer,
    },
};

use crate::{
    bank::{Bank, SLOW, sent_anew},
    house::{House, eur, places, seats},
    process::{Process, new_order},
};

const VISA: &str = "pm_card_visa";
const DEADLINE: Duration = Duration::from_secs(901);

#[derive(Debug, sqlx::FromRow)]
struct Queued {
    reseller_id: ResellerId,
    kind: String,
    about: uuid::Uuid,
    recipient: String,
    language: Option<Language>,
    data: Value,
    state: String,
    /// How long it waits from when it was queued.
    wait_seconds: i64,
    useful_until: Instant,
}

impl Queued {
    fn letter(&self) -> Letter {
        serde_json::from_value(self.data.clone()).unwrap()
    }
}

async fn outbox(house: &House) -> Vec<Queued> {
    sqlx::query_as(
        "select reseller_id, kind, about, recipient, language, data, state, useful_until,
                extract(epoch from due_at - created_at)::bigint as wait_seconds
         from mail_outbox order by letter_id",
    )
    .fetch_all(&mut house.db.as_owner().await)
    .await
    .unwrap()
}

/// The kinds of letters that wait to be sent, in the order they were queued.
pub(crate) async fn waiting(house: &House) -> Vec<String> {
    outbox(house).await.into_iter().filter(|queued| queued.state == "pending").map(|queued| queued.kind).collect()
}

async fn refund(process: &Process, bank: &Bank, order: OrderId, items: Option<Vec<i16>>) {
    let mut tx = process.inventory.cell().tenant(process.reseller).await.unwrap();
    let new = NewRefund { order, items, reason: "asked for".to_owned() };
    let (refund, _) = accept_refund(&mut tx, &process.inventory, &new).await.unwrap();
    tx.commit().await.unwrap();
    for _ in 0..2 {
        send(&process.inventory, &bank.providers.test, process.reseller, refund.id).await.unwrap();
    }
}

#[tokio::test]
async fn a_sale_is_confirmed_once_however_often_the_provider_tells() {
    let house = House::with(seats(&[("A", 2)])).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let hold = process.hold(house.stage().these(&[0, 1])).await.unwrap();
    let mut new = new_order(hold.id);
    (new.reference, new.buyer.language) = (Some("SL-1".to_owned()), Some(Language::Nl));
    let order = process.make_order(&new).await.unwrap();
    let payment = bank.start(&process, order.id).await;
    bank.pay(&payment, VISA).await;
    assert_eq!(outbox(&house).await.len(), 0);
    let succeeded = bank.apply(&house, &process, "payment_intent.succeeded").await;
    bank.apply_this(&process, &succeeded).await.unwrap();
    bank.apply_this(&process, &sent_anew(&succeeded)).await.unwrap();

    let outbox = outbox(&house).await;
    assert_eq!(outbox.len(), 1, "{outbox:?}");
    let (queued, letter) = (&outbox[0], outbox[0].letter());
    assert_eq!((queued.reseller_id, queued.about), (house.reseller, order.id.uuid()));
    assert_eq!((queued.kind.as_str(), queued.recipient.as_str()), ("order_confirmed", "ada@example.com"));
    assert_eq!((queued.language, queued.wait_seconds), (Some(Language::Nl), 0));
    assert_eq!((&letter.news, letter.order), (&News::OrderConfirmed, order.id));
    assert_eq!((letter.reference.as_deref(), letter.buyer_name.as_deref()), (Some("SL-1"), Some("Ada")));
    assert_eq!((letter.total, letter.performances.len()), (eur("20.00"), 1));
    let told = &letter.performances[0];
    assert_eq!((told.title.as_str(), told.venue.as_str(), told.city.as_str()), ("Show", "Hall", "Amsterdam"));
    assert_eq!(told.time_zone, "Europe/Amsterdam");
    let performance = &house.show.performances[0];
    assert_eq!((told.id, told.starts_at), (performance.id, performance.times.starts_at));
    let seats: Vec<_> =
        told.tickets.iter().map(|t| (t.item_no, t.row.as_deref(), t.seat.as_deref(), t.total)).collect();
    assert_eq!(seats, [(1, Some("A"), Some("1"), eur("10.00")), (2, Some("A"), Some("2"), eur("10.00"))]);
    // Nothing in it pays.
    let data = queued.data.to_string();
    assert!(!data.contains(&payment.client_secret.unwrap()) && !data.contains("secret"), "{data}");
    house.end().await;
}

#[tokio::test]
async fn an_order_that_costs_nothing_is_confirmed_too() {
    let house = House::of(eur("0.00"), vec![places(2)]).await;
    let process = Process::first(&house);
    assert_eq!(process.ordered(vec![house.stage().any(1)]).await.state, OrderState::Paid);
    assert_eq!(waiting(&house).await, ["order_confirmed"]);
    house.end().await;
}

#[tokio::test]
async fn a_declined_buyer_is_told_why_and_until_when_unless_the_next_try_pays() {
    let house = House::with(places(5)).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let order = process.ordered(vec![house.stage().any(1)]).await;
    let payment = bank.start(&process, order.id).await;
    bank.pay(&payment, "pm_card_chargeDeclinedInsufficientFunds").await;
    bank.apply(&house, &process, "payment_intent.payment_failed").await;
    let queued = outbox(&house).await.remove(0);
    let reason = DeclineReason::InsufficientFunds;
    assert_eq!(queued.letter().news, News::PaymentFailed { reason, pay_by: order.pay_by });
    assert_eq!((queued.wait_seconds, queued.useful_until), (120, order.pay_by));
    // Another try that fails replaces what waits, and one that pays leaves nothing to tell of either.
    bank.pay(&payment, "pm_card_chargeDeclined").await;
    bank.apply(&house, &process, "payment_intent.payment_failed").await;
    assert_eq!(waiting(&house).await, ["payment_failed"]);
    bank.pay(&payment, VISA).await;
    bank.apply(&house, &process, "payment_intent.succeeded").await;
    assert_eq!(waiting(&house).await, ["order_confirmed"]);
    house.end().await;
}

#[tokio::test]
async fn an_order_that_ends_unpaid_is_told_as_what_it_is() {
    let house = House::with(places(5)).await;
    let (process, bank) = (Process::first(&house), Bank::open().await);
    let called_off = process.ordered(vec![house.stage().any(1)]).await;
    bank.cancel(&process, called_off.id).await.unwrap();
    assert_eq!(waiting(&house).await, ["order_cancelled"]);
    let started = process.ordered(vec![house.stage().any(1)]).await;
    bank.start(&process, started.id).await;
    house.ahead(DEADLINE).await;
    assert_eq!((bank.due(&process).await, bank.due(&process).await), (1, 0));
    assert_eq!(waiting(&house).await, ["order_cancelled", "order_expired"]);
    let letters = outbox(&house).await;
    assert_eq!((letters[0].about, letters[1].about), (called_off.id.uuid(), started.id.uuid()));
    house.end().await;
}

#[tokio::test]
async fn a_buyer_without_an_address_gets_no_letter() {
    let house = House::with(places(5)).await;
    let (process, bank) = (Process::first(&house), Bank::open().await);
    let hold = process.hold(vec![house.stage().any(1)]).await.unwrap();
    let mut new = new_order(hold.id);
    new.buyer.email = None;
    let order = process.make_order(&new).await.unwrap();
    bank.cancel(&process, order.id).await.unwrap();
    assert_eq!(outbox(&house).await.len(), 0);
    house.end().await;
}

#[tokio::test]
async fn a_refund_is_told_once_with_what_it_is_of() {
    let house = House::with(seats(&[("A", 3)])).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let order = bank.sold(&house, &process, house.stage().these(&[0, 1, 2]), VISA).await;
    refund(&process, &bank, order.id, Some(vec![2])).await;
    bank.apply(&house, &process, "refund.created").await;
    refund(&process, &bank, order.id, None).await;
    let letters = outbox(&house).await;
    let news: Vec<News> = letters.iter().map(|queued| queued.letter().news).collect();
    assert_eq!(
        news,
        [
            News::OrderConfirmed,
            News::TicketsRefunded { amount: eur("10.00"), items: vec![2] },
            News::TicketsRefunded { amount: eur("20.00"), items: vec![1, 3] },
        ]
    );
    house.end().await;
}

#[tokio::test]
async fn money_given_back_at_the_provider_is_told_too() {
    let house = House::with(places(3)).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let order = bank.sold(&house, &process, vec![house.stage().any(2)], VISA).await;
    let intent = house.payments(order.id).await.remove(0).provider_intent.unwrap();
    bank.trigger(json!({ "what": "refund", "charge": intent, "amount": 500 })).await;
    bank.apply_until(&house, &process, "refund.created").await;
    let news: Vec<News> = outbox(&house).await.iter().map(|queued| queued.letter().news).collect();
    assert_eq!(news, [News::OrderConfirmed, News::AmountRefunded { amount: eur("5.00"), tickets_stay: true }]);
    house.end().await;
}

/// An order that has ended and whose payment succeeds all the same.
async fn paid_too_late(house: &House, process: &Process, bank: &mut Bank) -> (Order, ticketing::provider::Callback) {
    let order = process.ordered(house.stage().these(&[0])).await;
    let payment = bank.start(process, order.id).await;
    bank.pay(&payment, VISA).await;
    let succeeded = bank.callback(house, "payment_intent.succeeded").await;
    let cancelled = ticketing::provider::Callback { kind: Kind::Cancelled, ..sent_anew(&succeeded) };
    house.ahead(DEADLINE).await;
    do_due(&process.inventory, &Bank::down().await, SLOW).await.unwrap();
    bank.apply_this(process, &cancelled).await.unwrap();
    (order, succeeded)
}

#[tokio::test]
async fn money_that_came_too_late_is_told_to_be_on_its_way_back_and_only_that() {
    let house = House::with(seats(&[("A", 2)])).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let (_, succeeded) = paid_too_late(&house, &process, &mut bank).await;
    process.hold(house.stage().these(&[0])).await.unwrap();
    bank.apply_this(&process, &succeeded).await.unwrap();
    assert_eq!(waiting(&house).await, ["order_expired", "payment_returned"]);
    let returned = News::PaymentReturned { amount: eur("10.00"), reason: ReturnReason::TooLate };
    assert_eq!(outbox(&house).await[1].letter().news, returned);
    house.end().await;
}

#[tokio::test]
async fn money_that_came_late_for_tickets_still_free_is_confirmed() {
    let house = House::with(seats(&[("A", 2)])).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let (order, succeeded) = paid_too_late(&house, &process, &mut bank).await;
    bank.apply_this(&process, &succeeded).await.unwrap();
    assert_eq!(house.order(order.id).await.state, OrderState::Paid);
    assert_eq!(waiting(&house).await, ["order_expired", "order_confirmed"]);
    house.end().await;
}

#[tokio::test]
async fn the_language_is_kept_until_the_buyer_chooses_another() {
    let house = House::with(places(5)).await;
    let process = Process::first(&house);
    let order = process.ordered(vec![house.stage().any(1)]).await;
    let choose = async |version, language| {
        let mut tx = house.tx().await;
        let buyer = Buyer { language, ..Buyer::default() };
        let order = update_buyer(&mut tx, order.id, version, buyer).await.unwrap();
        tx.commit().await.unwrap();
        (order.version, order.buyer)
    };
    let (version, buyer) = choose(order.version, Some(Language::Nl)).await;
    assert_eq!(buyer, Buyer { language: Some(Language::Nl), ..order.buyer.clone() });
    assert_eq!(choose(version, None).await.1, buyer);
    assert_eq!(house.order(order.id).await.buyer, buyer);
    house.end().await;
}
