//! The statement of a settlement.

use accounting::{Party, PayoutStep, Settlement, SettlementPayout};
use foundation::{Money, Result};
use serde::Serialize;

use super::{
    amount,
    sheet::{Cells, Column, Sheet},
    wall,
};

/// The statement as PDF.
pub(crate) fn statement(told: &Settlement) -> Result<Vec<u8>> {
    let id = told.id.map(|id| id.to_string()).unwrap_or_default();
    let mut sheet = Sheet::new(&format!("Settlement {id}"))?;
    let zone = told.time_zone.as_str();
    sheet.heading("Settlement statement", &format!("{} no. {}", told.currency, told.number.unwrap_or_default()));
    let begins = told.begins_at.map_or_else(|| "the beginning".to_owned(), |at| wall(at, zone));
    let closed = told.closed_at.map(|at| wall(at, zone)).unwrap_or_default();
    sheet.blocks(&[
        ("For", party(&told.account_holder)),
        ("Period", vec![format!("from {begins}"), format!("until {}", wall(told.ends_at, zone)), zone.to_owned()]),
        ("Closed", vec![closed, format!("region {}", told.region), format!("{} rows", told.rows)]),
    ]);
    sheet.part("What moved your balance");
    sheet.table(&[Column("", 70, false), Column("Amount", 30, true)], &movements(told));
    sheet.part("By kind");
    let columns = [Column("Kind", 50, false), Column("Rows", 20, true), Column("Net", 30, true)];
    let kinds = told.by_category.iter().map(|of| (false, vec![word(of.category), of.rows.to_string(), amount(of.net)]));
    sheet.table(&columns, &kinds.collect::<Vec<_>>());
    if !told.payouts.is_empty() {
        sheet.part("Payouts");
        let columns = [
            Column("Payout and the bank's reference", 55, false),
            Column("State", 20, false),
            Column("Amount", 25, true),
        ];
        sheet.table(&columns, &told.payouts.iter().map(payout).collect::<Vec<_>>());
    }
    sheet.part("How your accounts stand at the end");
    sheet.table(&[Column("Account", 70, false), Column("Balance", 30, true)], &accounts(told));
    sheet.part("What this statement is sealed with");
    sheet.table(&[Column("Of", 30, false), Column("SHA-256", 70, false)], &digests(told));
    sheet.pdf()
}

/// Opening balance, everything that moved it, closing balance.
fn movements(told: &Settlement) -> Vec<Cells> {
    let totals = &told.totals;
    let less = |text: &str, money: Money| plain(text, Money::rounded(-money.amount(), money.currency()));
    vec![
        sum("Opening balance", told.opening_balance),
        plain("Paid by buyers", totals.gross),
        less("Platform's fees", totals.platform_fee),
        less("Hosted shop's fees", totals.hosting_fee),
        less("Tax on fees", totals.platform_fee_tax),
        less("Payment provider's fees", totals.provider_fee),
        less("Given back to buyers", totals.refund),
        less("Taken by banks in disputes", totals.dispute),
        plain("Payouts, reserves, credit and corrections", totals.other),
        sum("Closing balance", told.closing_balance),
        plain("Beside it, the tax in the prices of tickets, yours to declare", totals.ticket_tax),
    ]
}

fn accounts(told: &Settlement) -> Vec<Cells> {
    let at_end = &told.accounts_at_end;
    vec![
        plain("Pending: not yet to be paid out", at_end.pending),
        plain("Available: to be paid out", at_end.available),
        sum("Closing balance", told.closing_balance),
        plain("Beside it, with banks that have not decided on disputes", at_end.dispute_reserve),
        plain("Beside it, kept for what may still be taken back", at_end.rolling_reserve),
        plain("Credit that your buyers may still buy with", at_end.credit_outstanding),
    ]
}

fn digests(told: &Settlement) -> Vec<Cells> {
    [
        ("The rows as CSV", &told.csv_sha256),
        ("The rows as JSON lines", &told.jsonl_sha256),
        ("All books up to its end", &told.books_sha256),
        ("The settlement before this one", &told.previous_sha256),
    ]
    .into_iter()
    .filter_map(|(of, digest)| Some((false, vec![of.to_owned(), digest.clone()?])))
    .collect()
}

fn payout(payout: &SettlementPayout) -> Cells {
    let reference = payout.bank_reference.as_deref().unwrap_or("not yet at the bank");
    let state = match payout.state {
        PayoutStep::Created => "On its way",
        PayoutStep::Paid => "Paid",
        PayoutStep::Failed => "Came back",
    };
    (false, vec![format!("{}\n{reference}", payout.id), state.to_owned(), amount(payout.amount)])
}

/// A word of the API as people write it.
fn word(word: impl Serialize) -> String {
    let word = serde_json::to_value(word).unwrap_or_default();
    let text = word.as_str().unwrap_or_default().replace('_', " ");
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

pub(super) fn party(party: &Party) -> Vec<String> {
    let mut lines = vec![party.name.clone(), party.address.clone(), party.country.clone()];
    lines.extend(party.tax_id.iter().map(|id| format!("VAT {id}")));
    lines
}

pub(super) fn plain(text: &str, money: Money) -> Cells {
    (false, vec![text.to_owned(), amount(money)])
}

pub(super) fn sum(text: &str, money: Money) -> Cells {
    (true, vec![text.to_owned(), amount(money)])
}
