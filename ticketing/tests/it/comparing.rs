//! The provider's balance report and the books: after everything that can happen they agree to the line, and whatever is then made
//! wrong on either side is found as what it is.

use std::time::Duration;

use accounting::{Comparison, Difference, DifferenceKind, ReportLine, ReportPart, compare};
use foundation::{Instant, Mode};
use rust_decimal::Decimal;
use serde_json::json;
use ticketing::use_cases::{
    compare_balance::compare_balance,
    move_money::move_money,
    reconcile::reconcile,
    refund::{NewRefund, accept_refund, send},
};

use crate::{
    bank::Bank,
    house::House,
    payouts::{GOOD, all, earned, earned_by, made, sent},
    process::Process,
};

const DAY: Duration = Duration::from_secs(86_400);

/// All time: the provider's clock was moved by hours, and the tenant's by weeks.
fn ever() -> (Instant, Instant) {
    (Instant::from_micros(0), Instant::from_micros(4_000_000_000_000_000))
}

async fn compared(house: &House, bank: &Bank) -> Comparison {
    compare_balance(house.db.cell(), &bank.providers.test, Mode::Test, ever()).await.unwrap()
}

/// Sales with fees, refunds that arrive and fail, disputes won and lost, payouts that arrive and come back.
async fn eventful() -> (House, Process, Bank) {
    let (house, process, mut bank, orders) = earned_by(GOOD, &[20, 2, 2, 2, 2]).await;
    let [_, refunded, returned, won, lost] = &orders[..] else { panic!("five orders") };
    for order in [refunded, returned] {
        let mut tx = house.tx().await;
        let new = NewRefund { order: order.id, items: Some(vec![1]), reason: String::new() };
        let (refund, _) = accept_refund(&mut tx, &process.inventory, &new).await.unwrap();
        tx.commit().await.unwrap();
        let sent = send(&process.inventory, &bank.providers.test, house.reseller, refund.id).await.unwrap();
        if order.id == returned.id {
            bank.trigger(json!({ "what": "refund_fails", "refund": sent.provider_refund })).await;
            bank.apply_until(&house, &process, "refund.failed").await;
        }
    }
    for (order, verdict) in [(won, "dispute_won"), (lost, "dispute_lost")] {
        let intent = house.payments(order.id).await.remove(0).provider_intent;
        let dispute = bank.trigger(json!({ "what": "dispute", "charge": intent })).await;
        bank.trigger(json!({ "what": verdict, "dispute": dispute["id"] })).await;
        bank.apply_until(&house, &process, "charge.dispute.closed").await;
    }
    let paid = made(&house, all()).await.unwrap();
    sent(&house, &bank, paid.id).await.unwrap();
    bank.advance().await;
    bank.advance().await;
    bank.apply_until(&house, &process, "payout.paid").await;
    let under_way = crate::payouts::payout(&house, paid.id).await;
    let failed = json!({ "what": "payout_failed", "payout": under_way.provider_payout, "account": under_way.account });
    bank.trigger(failed).await;
    bank.apply_until(&house, &process, "payout.failed").await;
    sent(&house, &bank, paid.id).await.unwrap();
    // The provider's fees are known and booked.
    reconcile(&process.inventory, &bank.providers).await.unwrap();
    bank.due(&process).await;
    (house, process, bank)
}

/// Both sides as they were read, out of a comparison of the provider with an empty house and of the house with an empty provider.
async fn sides(house: &House, bank: &Bank) -> (Vec<ReportLine>, Vec<ReportLine>) {
    let there = bank.providers.test.balance_report(0, 4_000_000_000).await.unwrap().lines;
    let empty = Bank::open().await;
    let alone = compare_balance(house.db.cell(), &empty.providers.test, Mode::Test, ever()).await.unwrap();
    let here: Vec<ReportLine> = alone.differences.into_iter().filter_map(|difference| difference.here).collect();
    (here, there)
}

#[tokio::test]
async fn after_everything_that_can_happen_the_provider_and_the_books_agree_to_the_line() {
    let (house, _, bank) = eventful().await;
    let compared = compared(&house, &bank).await;
    assert_eq!(compared.differences, []);
    // Five charges with their fees, three lines of refunds, four of disputes, the transfer and its way back.
    assert!(compared.matched >= 18, "{}", compared.matched);
    assert_eq!(accounting::newest_comparison(house.db.cell(), Mode::Test).await.unwrap().unwrap(), compared);
    assert_eq!(accounting::newest_comparison(house.db.cell(), Mode::Live).await.unwrap(), None);
    house.end().await;
}

#[tokio::test]
async fn what_the_provider_alone_has_and_what_the_platform_draws_are_told_apart() {
    let (house, _, bank) = earned(GOOD, 3).await;
    let pay =
        [("amount", "1234"), ("currency", "eur"), ("payment_method", "pm_card_bypassPending"), ("confirm", "true")];
    bank.form("/v1/payment_intents", &pay).await;
    bank.advance().await;
    bank.trigger(json!({ "what": "payout", "amount": 500, "currency": "eur" })).await;
    let compared = compared(&house, &bank).await;
    let kinds: Vec<_> = compared.differences.iter().map(|difference| (difference.kind, amount(difference))).collect();
    let (money, fee) = ("12.34".parse().unwrap(), "-0.44".parse().unwrap());
    assert!(kinds.contains(&(DifferenceKind::MissingHere, money)), "{kinds:?}");
    assert!(kinds.contains(&(DifferenceKind::MissingHere, fee)), "{kinds:?}");
    assert_eq!(compared.drawn["EUR"], Decimal::from(5));
}

fn amount(difference: &Difference) -> Decimal {
    difference.there.as_ref().or(difference.here.as_ref()).unwrap().amount
}

/// A fault: which side is changed, and how.
type Fault = (DifferenceKind, bool, fn(&mut Vec<ReportLine>, usize));

fn missing(lines: &mut Vec<ReportLine>, at: usize) {
    lines.remove(at);
}
fn doubled(lines: &mut Vec<ReportLine>, at: usize) {
    let again = lines[at].clone();
    lines.push(again);
}
#[expect(clippy::ptr_arg, reason = "a fault may also leave a line out")]
fn wrong_amount(lines: &mut Vec<ReportLine>, at: usize) {
    lines[at].amount += Decimal::new(1, 2);
}
#[expect(clippy::ptr_arg, reason = "a fault may also leave a line out")]
fn wrong_currency(lines: &mut Vec<ReportLine>, at: usize) {
    lines[at].currency = "USD".parse().unwrap();
}
#[expect(clippy::ptr_arg, reason = "a fault may also leave a line out")]
fn late(lines: &mut Vec<ReportLine>, at: usize) {
    lines[at].at = lines[at].at.plus(2 * DAY);
}

/// Each of five faults on a charge, its fee, a refund and a transfer, by turns in the books and in the provider's report.
#[tokio::test]
async fn of_twenty_injected_faults_each_is_found_and_nothing_else_is() {
    let (house, _, bank) = eventful().await;
    let (mut here, mut there) = sides(&house, &bank).await;
    // The tenant's clock was moved to get here; for what is compared now both sides have one clock.
    for line in here.iter_mut().chain(&mut there) {
        (line.at, line.is_timed) = (Instant::from_micros(1_800_000_000_000_000), true);
    }
    assert_eq!(compare(&here, &there, DAY).differences, []);
    let faults: [Fault; 10] = [
        (DifferenceKind::MissingHere, true, missing),
        (DifferenceKind::MissingThere, false, missing),
        (DifferenceKind::DoubledHere, true, doubled),
        (DifferenceKind::DoubledThere, false, doubled),
        (DifferenceKind::Amount, true, wrong_amount),
        (DifferenceKind::Amount, false, wrong_amount),
        (DifferenceKind::Currency, true, wrong_currency),
        (DifferenceKind::Currency, false, wrong_currency),
        (DifferenceKind::Late, true, late),
        (DifferenceKind::Late, false, late),
    ];
    let (mut found, mut injected) = (0, 0);
    // Of each pair of lines one gets the fault in the books and the other in the report.
    for (starting, part) in
        [("ch_", ReportPart::Money), ("txn_", ReportPart::Fee), ("re_", ReportPart::Money), ("txn_", ReportPart::Money)]
    {
        for (kind, in_books, fault) in faults {
            if in_books == (part == ReportPart::Fee || starting == "re_") {
                continue;
            }
            injected += 1;
            let (mut here, mut there) = (here.clone(), there.clone());
            let side = if in_books { &mut here } else { &mut there };
            let at = side.iter().position(|line| line.of.starts_with(starting) && line.part == part).unwrap();
            let of = side[at].of.clone();
            fault(side, at);
            let differences = compare(&here, &there, DAY).differences;
            let told: Vec<_> = differences
                .iter()
                .map(|d| (d.kind, d.here.as_ref().or(d.there.as_ref()).unwrap().of.clone()))
                .collect();
            assert_eq!(told, [(kind, of)], "{starting} {part:?}");
            found += 1;
        }
    }
    assert_eq!((injected, found), (20, 20));
}

/// The books are changed behind the code's back, and the next comparison says so.
#[tokio::test]
async fn a_journal_that_was_taken_out_of_the_books_is_missed() {
    let (house, _, bank) = earned(GOOD, 3).await;
    let clean = compared(&house, &bank).await.differences;
    let mut owner = house.db.as_owner().await;
    for statement in [
        "alter table journals disable trigger journals_append_only",
        "delete from journals where source like 'sale:%'",
        "alter table journals enable trigger journals_append_only",
    ] {
        sqlx::query(statement).execute(&mut owner).await.unwrap();
    }
    let now = compared(&house, &bank).await.differences;
    assert_eq!(now.len(), clean.len() + 1);
    assert!(now.iter().any(|difference| difference.kind == DifferenceKind::MissingHere && amount(difference) == Decimal::from(30)));
}

#[tokio::test]
async fn a_period_has_what_was_in_it_and_its_edges_are_no_differences() {
    let (house, _, bank) = eventful().await;
    let (_, there) = sides(&house, &bank).await;
    let first = there.iter().map(|line| line.at).min().unwrap();
    let compare =
        async |from, to| compare_balance(house.db.cell(), &bank.providers.test, Mode::Test, (from, to)).await.unwrap();
    // It ends where the first line is: what came after is matched, and none of this period's.
    let before = compare(Instant::from_micros(first.as_micros() - 1_000_000), first).await;
    assert_eq!(before.differences, []);
    assert!(before.matched > 0, "the margin is read too");
    let ended = compare(first.plus(30 * DAY), first.plus(31 * DAY)).await;
    assert_eq!((ended.matched, ended.differences), (0, Vec::new()));
    move_money(house.db.cell(), &bank.providers).await.unwrap();
}
