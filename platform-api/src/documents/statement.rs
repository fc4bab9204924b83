//! The statement of a settlement.

use accounting::{Category, Party, Settlement};
use foundation::{Money, Result};

use super::{
    amount,
    sheet::{Column, Sheet},
    wall,
};

/// The statement as PDF.
pub(crate) fn statement(told: &Settlement) -> Result<Vec<u8>> {
    let id = told.id.map(|id| id.to_string()).unwrap_or_default();
    let number = told.number.unwrap_or_default();
    let mut sheet = Sheet::new(&format!("Settlement {id}"), &format!("Settlement {id}"))?;
    let zone = told.time_zone.as_str();
    sheet.heading("Settlement statement", &format!("{} no. {number}", told.currency));
    let begins = told.begins_at.map_or_else(|| "the beginning".to_owned(), |at| wall(at, zone));
    let closed = told.closed_at.map(|at| wall(at, zone)).unwrap_or_default();
    sheet.blocks(&[
        ("For", party(&told.account_holder)),
        ("Period", vec![format!("from {begins}"), format!("until {}", wall(told.ends_at, zone)), zone.to_owned()]),
        ("Closed", vec![closed, format!("region {}", told.region), format!("{} rows", told.rows)]),
    ]);
    sheet.part("What moved your balance");
    let columns = [Column("", 70, false), Column("Amount", 30, true)];
    sheet.table(&columns, &movements(told));
    sheet.part("By kind");
    let columns = [Column("Kind", 50, false), Column("Rows", 20, true), Column("Net", 30, true)];
    let kinds = told.by_category.iter().map(|of| (false, vec![kind(of.category), of.rows.to_string(), amount(of.net)]));
    sheet.table(&columns, &kinds.collect::<Vec<_>>());
    sheet.part("How your accounts stand at the end");
    let at_end = &told.accounts_at_end;
    let columns = [Column("Account", 70, false), Column("Balance", 30, true)];
    sheet.table(
        &columns,
        &[
            plain("Pending: not yet to be paid out", at_end.pending),
            plain("Available: to be paid out", at_end.available),
            sum("Closing balance", told.closing_balance),
            plain("Beside it, with banks that have not decided on disputes", at_end.dispute_reserve),
            plain("Beside it, kept for what may still be taken back", at_end.rolling_reserve),
            plain("Credit that your buyers may still buy with", at_end.credit_outstanding),
        ],
    );
    sheet.part("What this statement is sealed with");
    sheet.paragraph("SHA-256 of the rows as CSV, as JSON lines, of all books up to the end of the period, and of the settlement before this one:");
    for digest in
        [&told.csv_sha256, &told.jsonl_sha256, &told.books_sha256, &told.previous_sha256].into_iter().flatten()
    {
        sheet.paragraph(digest);
    }
    sheet.pdf()
}

/// Opening balance, everything that moved it, closing balance.
fn movements(told: &Settlement) -> Vec<(bool, Vec<String>)> {
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
    ]
}

/// A category in words.
fn kind(category: Category) -> String {
    let word = serde_json::to_value(category).unwrap_or_default();
    word.as_str().unwrap_or_default().replace('_', " ")
}

pub(super) fn party(party: &Party) -> Vec<String> {
    let mut lines = vec![party.name.clone(), party.address.clone(), party.country.clone()];
    lines.extend(party.tax_id.iter().map(|id| format!("VAT {id}")));
    lines
}

pub(super) fn plain(text: &str, money: Money) -> (bool, Vec<String>) {
    (false, vec![text.to_owned(), amount(money)])
}

pub(super) fn sum(text: &str, money: Money) -> (bool, Vec<String>) {
    (true, vec![text.to_owned(), amount(money)])
}
