//! The platform's own books over all resellers of some cells: fees earned, tax due, costs, liabilities, every reseller's position.

use std::collections::BTreeMap;

use foundation::{Cell, Currency, Instant, Mode, Refusal, Result, TenantTx, id::ResellerId};

use crate::{
    CurrencyBooks, ResellerPosition,
    rules::books::Accounts,
    store::books::{sums, tenants},
};

/// Tenants read at a time.
const PAGE: i64 = 500;

/// Which journals count: those of a mode, posted in a period.
#[derive(Debug, Clone, Copy)]
pub struct BooksOf {
    /// Live money and test money are never in one report.
    pub mode: Mode,
    /// Posted then or later is the period; before it, the opening.
    pub from: Option<Instant>,
    /// Posted before then.
    pub to: Option<Instant>,
}

impl BooksOf {
    fn period(&self) -> Result<(Instant, Instant), Refusal> {
        let (from, to) = (self.from.unwrap_or(Instant::LONG_AGO), self.to.unwrap_or(Instant::NEVER));
        if to < from {
            return Err(Refusal::field("to", "must not be before `from`"));
        }
        Ok((from, to))
    }
}

/// The books of all resellers of these cells together, one a currency, ordered by its code. Each reseller is read as it is at one
/// moment, and its journals balance, so the whole does too.
///
/// # Errors
/// `invalid_field` if the period ends before it begins.
pub async fn books(cells: &[Cell], of: &BooksOf) -> Result<Vec<CurrencyBooks>> {
    of.period()?;
    let mut whole = BTreeMap::<&str, (Currency, Accounts)>::new();
    for cell in cells {
        let mut after = None;
        loop {
            let page = tenants(cell, of.mode, after, PAGE).await?;
            let Some(last) = page.last().copied() else { break };
            for reseller in page {
                for (currency, accounts) in of_reseller(&mut cell.snapshot(reseller).await?, of).await? {
                    let (_, sum) = whole.entry(currency.code()).or_insert_with(|| (currency, Accounts::new()));
                    for (account, more) in accounts {
                        let sums = sum.entry(account).or_default();
                        sums.opening += more.opening;
                        sums.moved += more.moved;
                    }
                }
            }
            after = Some(last);
        }
    }
    Ok(whole.values().map(|(currency, accounts)| CurrencyBooks::of(*currency, accounts)).collect())
}

/// How the resellers of a cell after this one stand at the end of the period, at most `limit` of them, in the order of their ids;
/// one that never sold has no position.
///
/// # Errors
/// As [`books`].
pub async fn reseller_positions(
    cell: &Cell,
    of: &BooksOf,
    after: Option<ResellerId>,
    limit: i64,
) -> Result<Vec<(ResellerId, Vec<ResellerPosition>)>> {
    let mut positions = Vec::new();
    for reseller in tenants(cell, of.mode, after, limit).await? {
        let accounts = of_reseller(&mut cell.snapshot(reseller).await?, of).await?;
        let stands = accounts.iter().map(|(currency, accounts)| ResellerPosition::of(reseller, *currency, accounts));
        positions.push((reseller, stands.collect()));
    }
    Ok(positions)
}

async fn of_reseller(tx: &mut TenantTx, of: &BooksOf) -> Result<Vec<(Currency, Accounts)>> {
    let (from, to) = of.period()?;
    let mut currencies = BTreeMap::<&str, (Currency, Accounts)>::new();
    for (currency, account, sums) in sums(tx, from, to).await? {
        let (_, accounts) = currencies.entry(currency.code()).or_insert_with(|| (currency, Accounts::new()));
        accounts.insert(account, sums);
    }
    Ok(currencies.into_values().collect())
}
