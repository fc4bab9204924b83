//! Disputes in the books: what is taken, held, given back and lost, in whatever order it is told.

use std::time::Duration;

use foundation::{Code, id::OrderId};
use rust_decimal::Decimal;
use serde_json::json;
use ticketing::{
    provider::{Callback, DisputeTransaction, DisputeWord, Kind},
    rules::evidence::Evidence,
    rules::{
        order::{Credential, Order},
        payment::{Dispute, DisputeState},
    },
    store::disputes,
    use_cases::{
        refund::{NewRefund, accept_refund, send},
        submit_evidence::submit_evidence,
    },
};

use crate::{
    bank::{Bank, sent_anew},
    house::{House, code, places},
    process::Process,
};

const DAYS: Duration = Duration::from_secs(86_400);
/// Of two tickets of 10.00: less 1.60 and 0.34 of tax on that.
const SOLD: &str = "18.06";

async fn sold() -> (House, Process, Bank, Order) {
    let house = House::with(places(5)).await;
    let (process, mut bank) = (Process::first(&house), Bank::open().await);
    let order = bank.sold(&house, &process, vec![house.stage().any(2)], "pm_card_visa").await;
    assert_eq!(pending(&house).await, decimal(SOLD));
    (house, process, bank, order)
}

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

async fn pending(house: &House) -> Decimal {
    accounting::balance(&mut house.tx().await).await.unwrap().iter().map(|balance| balance.pending).sum()
}

/// The report over all time comes to the balance.
async fn reported(house: &House) -> Decimal {
    let report = accounting::sales_report(&mut house.tx().await, &accounting::SalesFilter::default()).await.unwrap();
    report.totals.iter().map(accounting::SalesTotal::net).sum()
}

async fn on_account(house: &House, account: &str) -> Decimal {
    let mut tx = house.tx().await;
    let reseller = tx.reseller();
    sqlx::query_scalar(
        "select coalesce(sum(line.amount), 0) from journals j, unnest(j.accounts, j.amounts) as line (account, amount)
         where j.reseller_id = $1 and line.account = $2",
    )
    .bind(reseller)
    .bind(account)
    .fetch_one(tx.conn())
    .await
    .unwrap()
}

async fn intent(house: &House, order: OrderId) -> String {
    house.payments(order).await.remove(0).provider_intent.unwrap()
}

async fn dispute(house: &House, order: OrderId) -> Dispute {
    disputes::list(&mut house.tx().await, Some(order), None, 10).await.unwrap().remove(0)
}

#[tokio::test]
async fn bought_flagged_as_fraud_five_days_later_disputed_and_lost() {
    let (house, process, mut bank, order) = sold().await;
    house.ahead(5 * DAYS).await;
    let charge = intent(&house, order.id).await;
    bank.trigger(json!({ "what": "fraud_warning", "charge": charge })).await;
    bank.apply_until(&house, &process, "radar.early_fraud_warning.created").await;
    assert_eq!(pending(&house).await, decimal(SOLD), "a warning moves no money");
    let disputed = bank.trigger(json!({ "what": "dispute", "charge": charge })).await;
    let created = bank.apply_until(&house, &process, "charge.dispute.created").await;
    assert_eq!(pending(&house).await, decimal("-16.94"), "20.00 and the fee of 15.00");
    assert_eq!(on_account(&house, "psp_dispute_hold").await, decimal("20.00"));
    assert_eq!(on_account(&house, "reseller_dispute_reserve").await, decimal("-20.00"));
    house.ahead(90 * DAYS).await;
    bank.trigger(json!({ "what": "dispute_lost", "dispute": disputed["id"] })).await;
    let closed = bank.apply_until(&house, &process, "charge.dispute.closed").await;
    for again in [&created, &closed] {
        bank.apply_this(&process, &sent_anew(again)).await.unwrap();
    }
    assert_eq!((pending(&house).await, reported(&house).await), (decimal("-16.94"), decimal("-16.94")));
    for cleared in ["psp_dispute_hold", "reseller_dispute_reserve", "suspense"] {
        assert_eq!(on_account(&house, cleared).await, Decimal::ZERO, "{cleared}");
    }
    let known = dispute(&house, order.id).await;
    assert_eq!(
        (known.state, known.money.withdrawn(), known.money.fee),
        (DisputeState::Lost, decimal("20.00"), decimal("15.00"))
    );
    let told = "select count(distinct type) from events where reseller_id = $1
        and type in ('payment.fraud_warning', 'payment.disputed', 'payment.dispute_lost')";
    assert_eq!(house.count(told).await, 3);
    assert!(house.order(order.id).await.items.iter().all(|item| item.credential == Credential::Suspended));
    house.end().await;
}

#[tokio::test]
async fn a_dispute_that_is_won_brings_everything_back() {
    let (house, process, mut bank, order) = sold().await;
    let disputed = bank.trigger(json!({ "what": "dispute", "charge": intent(&house, order.id).await })).await;
    bank.apply_until(&house, &process, "charge.dispute.created").await;
    bank.trigger(json!({ "what": "dispute_won", "dispute": disputed["id"] })).await;
    bank.apply_until(&house, &process, "charge.dispute.closed").await;
    // The sandbox gives its fee back with the money.
    assert_eq!(pending(&house).await, decimal(SOLD));
    assert_eq!(dispute(&house, order.id).await.money.withdrawn(), Decimal::ZERO);
    house.end().await;
}

#[tokio::test]
async fn an_inquiry_takes_nothing() {
    let (house, process, mut bank, order) = sold().await;
    bank.trigger(json!({ "what": "dispute", "charge": intent(&house, order.id).await, "inquiry": true })).await;
    bank.apply_until(&house, &process, "charge.dispute.created").await;
    assert_eq!(dispute(&house, order.id).await.state, DisputeState::Inquiry);
    assert_eq!(pending(&house).await, decimal(SOLD));
    house.end().await;
}

/// A dispute as no sandbox tells it.
fn told(like: &Callback, state: DisputeState, moved: &[(&str, i64, i64)]) -> Callback {
    let moved = moved.iter().map(|(name, amount, fee)| DisputeTransaction {
        name: (*name).to_owned(),
        amount: *amount,
        fee: *fee,
        currency: "EUR".to_owned(),
        created: 1_800_000_000,
    });
    let word = DisputeWord {
        state,
        amount: 2_000,
        reason: "fraudulent".to_owned(),
        evidence_due_by: None,
        transactions: moved.collect(),
    };
    Callback { kind: Kind::Dispute(word), ..sent_anew(like) }
}

#[tokio::test]
async fn a_dispute_of_more_than_is_left_is_the_resellers_loss_only_as_far_as_it_has_had_the_money() {
    let (house, process, mut bank, order) = sold().await;
    let mut tx = house.tx().await;
    let new = NewRefund { order: order.id, items: Some(vec![1]), reason: String::new() };
    let (refund, _) = accept_refund(&mut tx, &process.inventory, &new).await.unwrap();
    tx.commit().await.unwrap();
    send(&process.inventory, &bank.providers.test, process.reseller, refund.id).await.unwrap();
    let before = pending(&house).await;
    let disputed = bank.trigger(json!({ "what": "dispute", "charge": intent(&house, order.id).await })).await;
    let like = bank.callback(&house, "charge.dispute.created").await;
    assert_eq!(disputed["amount"], 1_000, "the sandbox knows what is left");
    // The bank takes all of it, as banks do. The loss is told before the money is.
    let taken = ("txn_taken", -2_000, 1_500);
    for (state, moved) in [
        (DisputeState::Lost, &[][..]),
        (DisputeState::Lost, &[taken]),
        (DisputeState::NeedsResponse, &[taken]),
        (DisputeState::Lost, &[taken]),
    ] {
        bank.apply_this(&process, &told(&like, state, moved)).await.unwrap();
    }
    assert_eq!(pending(&house).await, before - decimal("25.00"));
    assert_eq!(on_account(&house, "suspense").await, decimal("10.00"), "for a person to look at");
    assert_eq!(on_account(&house, "psp_dispute_hold").await, Decimal::ZERO);
    // Half a year later it is given back after all.
    bank.apply_this(&process, &told(&like, DisputeState::Won, &[taken, ("txn_back", 2_000, -1_500)])).await.unwrap();
    assert_eq!(pending(&house).await, before);
    assert_eq!(on_account(&house, "suspense").await, Decimal::ZERO);
    house.end().await;
}

#[tokio::test]
async fn evidence_is_handed_in_once_and_kept_nowhere() {
    let (house, process, mut bank, order) = sold().await;
    let disputed = bank.trigger(json!({ "what": "dispute", "charge": intent(&house, order.id).await })).await;
    bank.apply_until(&house, &process, "charge.dispute.created").await;
    let id = dispute(&house, order.id).await.id;
    let said = Evidence::parse([("customer_name", Some("Ada Lovelace, row 1".to_owned()))]).unwrap();
    let hand_in = |key: &'static str| {
        let (cell, provider) = (process.inventory.cell(), &bank.providers.test);
        submit_evidence(cell, provider, process.reseller, id, &said, key)
    };
    assert_eq!(hand_in("evidence:1").await.unwrap().state, DisputeState::UnderReview);
    assert_eq!(code(hand_in("evidence:2").await), Code::DisputeNotOpen);
    let there =
        bank.form(&format!("/v1/disputes/{}", disputed["id"].as_str().unwrap()), &[("metadata[seen]", "1")]).await;
    assert_eq!(there["evidence"]["customer_name"], "Ada Lovelace, row 1");
    let kept = "select count(*) from events where reseller_id = $1 and data::text like '%Lovelace, row 1%'";
    assert_eq!(house.count(kept).await, 0);
    house.end().await;
}
