//! Compares the provider's own balance report of an account with the books of all tenants that pay through it, line by line, and keeps
//! what came of it. Nothing is put right by it: that is a person's to decide.

use std::{collections::HashMap, time::Duration};

use accounting::{ClearingEntry, Comparison, DIFFERENCES_MAX, ReportLine, ReportPart, compare};
use foundation::{
    Cell, Error, Instant, Mode, Result, TenantTx,
    id::{OrderId, PaymentId, RefundId, ResellerId},
};

use crate::{provider::Provider, store::clearing};

/// How far beyond the period both sides are read, so that what was at its edge finds its other half. As far apart may they be.
const MARGIN: Duration = Duration::from_hours(24);
/// How many journals are read at a time.
const PAGE: i64 = 1_000;

/// Compares a period (`from` inclusive, `to` exclusive, by the provider's clock where it has the line, else by the books').
///
/// # Errors
/// The provider's; the database's.
pub async fn compare_balance(
    cell: &Cell,
    provider: &Provider,
    mode: Mode,
    (from, to): (Instant, Instant),
) -> Result<Comparison> {
    let (since, until) = (earlier(from), to.plus(MARGIN));
    let report = provider.balance_report(since.as_seconds(), until.as_seconds()).await.map_err(Error::from)?;
    let mut here = Vec::new();
    let mut after = None;
    loop {
        let tenants = clearing::tenants(cell, mode, after).await?;
        let Some(last) = tenants.last() else { break };
        after = Some(*last);
        for reseller in tenants {
            here.extend(of_tenant(cell, reseller, (since, until)).await?);
        }
    }
    let compared = compare(&here, &report.lines, MARGIN);
    let inside = |at: Option<Instant>| at.is_some_and(|at| from <= at && at < to);
    let mut differences = compared.differences;
    differences.retain(|difference| inside(difference.at()));
    let differing = differences.len();
    differences.truncate(DIFFERENCES_MAX);
    let drawn = report.drawn;
    let mut comparison =
        Comparison { mode, from, to, matched: compared.matched, differing, differences, drawn, compared_at: to };
    accounting::keep_comparison(cell, &mut comparison).await?;
    if differing > 0 {
        tracing::error!(differing, ?mode, "the provider's balance report differs from the books");
        metrics::counter!("stagedoor_balance_differences_total").increment(differing as u64);
    }
    Ok(comparison)
}

/// The beginning of what is read for a period that begins then.
fn earlier(from: Instant) -> Instant {
    let margin = i64::try_from(MARGIN.as_micros()).unwrap_or(0);
    Instant::from_micros(from.as_micros().saturating_sub(margin))
}

/// What the books of a tenant have of the provider's balance in this time.
async fn of_tenant(cell: &Cell, reseller: ResellerId, (since, until): (Instant, Instant)) -> Result<Vec<ReportLine>> {
    let clock = cell.clock().await?;
    let mut tx = cell.snapshot(reseller).await?;
    // A test environment's clock may have been moved: its times say nothing then.
    let ahead = tx.now().await?.since(clock);
    let is_timed = ahead < Duration::from_secs(60);
    let (mut lines, mut after): (Vec<ReportLine>, Option<String>) = (Vec::new(), None);
    loop {
        let entries = accounting::clearing(&mut tx, (since, until.plus(ahead)), after.as_deref(), PAGE).await?;
        let Some(last) = entries.last() else { return Ok(lines) };
        after = Some(last.source.clone());
        let names = Names::of(&mut tx, &entries).await?;
        lines.extend(entries.into_iter().map(|entry| {
            let (of, part) = names.of_entry(&entry);
            let at = if is_timed { entry.posted_at } else { entry.posted_at.min(clock) };
            let ClearingEntry { source: name, amount, currency, .. } = entry;
            ReportLine { of, part, amount, currency, at, name, reseller: Some(reseller), is_timed }
        }));
    }
}

/// What the provider calls the payments and refunds of some journals.
struct Names {
    /// The charge of each payment.
    charges: HashMap<PaymentId, String>,
    /// The charge that bought each order.
    sales: HashMap<OrderId, String>,
    refunds: HashMap<RefundId, String>,
}

impl Names {
    async fn of(tx: &mut TenantTx, entries: &[ClearingEntry]) -> Result<Self> {
        let with = |kind: &'static str| entries.iter().filter(move |entry| entry.source.starts_with(kind));
        let orders: Vec<OrderId> =
            with("sale:").chain(with("late_payment:")).filter_map(|entry| entry.about.order_id).collect();
        let refunds: Vec<RefundId> = with("refund_").filter_map(|entry| entry.about.refund_id).collect();
        let (mut charges, mut sales) = (HashMap::new(), HashMap::new());
        let rows = clearing::charges(tx, &orders).await?;
        let mut payments: HashMap<OrderId, usize> = HashMap::new();
        rows.iter().for_each(|(order, ..)| *payments.entry(*order).or_default() += 1);
        for (order, payment, charge) in rows {
            let Some(charge) = charge else { continue };
            // Of several payments of an order one has bought it.
            if payments.get(&order) == Some(&1) || !accounting::bought_nothing(tx, payment).await? {
                sales.insert(order, charge.clone());
            }
            charges.insert(payment, charge);
        }
        Ok(Self { charges, sales, refunds: clearing::refunds(tx, &refunds).await? })
    }

    /// What the entry is of, by the provider's name, and which part of it. What the provider cannot know keeps our name, which it
    /// will not have.
    fn of_entry(&self, entry: &ClearingEntry) -> (String, ReportPart) {
        let ours = || entry.source.clone();
        let accounting::About { order_id: order, payment_id: payment, refund_id: refund, .. } = entry.about;
        let refund = || refund.and_then(|id| self.refunds.get(&id).cloned()).unwrap_or_else(ours);
        let sale = || order.and_then(|id| self.sales.get(&id).cloned()).unwrap_or_else(ours);
        let charge = || payment.and_then(|id| self.charges.get(&id).cloned()).unwrap_or_else(ours);
        match entry.source.split_once(':') {
            Some(("sale", _)) => (sale(), ReportPart::Money),
            Some(("late_payment", _)) => (charge(), ReportPart::Money),
            Some(("psp_fee", transaction)) => (transaction.to_owned(), ReportPart::Fee),
            Some(("refund_paid", _)) => (refund(), ReportPart::Money),
            Some(("refund_returned", _)) => (refund(), ReportPart::Returned),
            Some(("dispute" | "settle", transaction)) => (transaction.to_owned(), ReportPart::Money),
            _ => (ours(), ReportPart::Money),
        }
    }
}
