//! The rows of a settlement: one for each journal that the reseller's money has a line in and, within it, for each performance,
//! ticket type, channel, fee rule and rate of tax, so that every performance has its own. In each of them
//! `net = gross - platform_fee - hosting_fee - platform_fee_tax - provider_fee - refund - dispute + other`.

use std::collections::HashMap;

use foundation::{
    Currency, Instant,
    id::{FeeRuleId, JournalId, OrderId, PayoutId, PerformanceId, RefundId, TicketId},
};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::category::Category;
use crate::rules::{
    about::{About, AboutItem},
    account::Account,
    journal::Line,
    ticket_tax::TaxRate,
};

/// A journal in its place.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) position: i64,
    pub(crate) journal: JournalId,
    pub(crate) source: String,
    pub(crate) lines: Vec<Line>,
    pub(crate) about: About,
    pub(crate) effective_at: Instant,
    pub(crate) posted_at: Instant,
}

impl Entry {
    /// How much it changes an account, debit positive.
    pub(crate) fn change(&self, account: Account) -> Decimal {
        self.lines.iter().filter(|line| line.account == account).map(|line| line.amount).sum()
    }

    fn name(&self) -> &str {
        self.source.split_once(':').map_or("", |(_, name)| name)
    }
}

/// A performance as it was when the rows were made.
#[derive(Debug, Clone)]
pub(crate) struct PerformanceName {
    /// The show's title.
    pub(crate) title: String,
    pub(crate) starts_at: Instant,
    /// When its money became available, or will by the terms and times of then.
    pub(crate) available_at: Instant,
}

/// What an item of an order was sold under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SoldUnder {
    /// By which rule its fees were found.
    pub(crate) rule: FeeRuleId,
    /// The channel of the allocation that it was taken from; `api` for open sale.
    pub(crate) channel: String,
}

/// What the provider calls a payout.
#[derive(Debug, Clone, Default)]
pub(crate) struct PayoutName {
    /// The transfer to the reseller's account there.
    pub(crate) transfer: Option<String>,
    /// The payout from there to the bank.
    pub(crate) to_bank: Option<String>,
}

/// What the ids of some journals are called, as it was when their rows were made.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names {
    pub(crate) performances: HashMap<PerformanceId, PerformanceName>,
    /// The resellers' own names of orders.
    pub(crate) references: HashMap<OrderId, String>,
    pub(crate) items: HashMap<(OrderId, i16), SoldUnder>,
    /// The percentage of tax on the fees of a rule.
    pub(crate) rates: HashMap<FeeRuleId, Decimal>,
    /// What the provider calls an order's payment.
    pub(crate) charges: HashMap<OrderId, String>,
    /// What it calls a refund.
    pub(crate) refunds: HashMap<RefundId, String>,
    pub(crate) payouts: HashMap<PayoutId, PayoutName>,
    /// The number of the fee invoice of the period in which an order was sold, of those sold in an earlier one.
    pub(crate) invoiced: HashMap<OrderId, i32>,
}

/// The amounts of a row, in the currency's major unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Amounts {
    pub(crate) gross: Decimal,
    pub(crate) face_value: Decimal,
    /// Of the face value, the reseller's own tax: told beside the sums, and part of none.
    pub(crate) ticket_tax: Decimal,
    pub(crate) buyer_fee: Decimal,
    pub(crate) platform_fee: Decimal,
    pub(crate) hosting_fee: Decimal,
    pub(crate) platform_fee_tax: Decimal,
    pub(crate) provider_fee: Decimal,
    pub(crate) refund: Decimal,
    pub(crate) dispute: Decimal,
    pub(crate) other: Decimal,
    pub(crate) net: Decimal,
}

impl Amounts {
    /// The net without `other`.
    fn accounted(&self) -> Decimal {
        self.gross
            - self.platform_fee
            - self.hosting_fee
            - self.platform_fee_tax
            - self.provider_fee
            - self.refund
            - self.dispute
    }

    /// Completes it to this net: what no column accounts for is `other`.
    fn coming_to(mut self, net: Decimal) -> Self {
        self.other = net - self.accounted();
        self.net = net;
        self
    }

    pub(crate) fn add(&mut self, more: &Self) {
        let pairs = [
            (&mut self.gross, more.gross),
            (&mut self.face_value, more.face_value),
            (&mut self.ticket_tax, more.ticket_tax),
            (&mut self.buyer_fee, more.buyer_fee),
            (&mut self.platform_fee, more.platform_fee),
            (&mut self.hosting_fee, more.hosting_fee),
            (&mut self.platform_fee_tax, more.platform_fee_tax),
            (&mut self.provider_fee, more.provider_fee),
            (&mut self.refund, more.refund),
            (&mut self.dispute, more.dispute),
            (&mut self.other, more.other),
            (&mut self.net, more.net),
        ];
        for (sum, amount) in pairs {
            *sum += amount;
        }
    }
}

/// A row, before it has its number and balance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) category: Category,
    pub(crate) performance: Option<PerformanceId>,
    pub(crate) tickets: Vec<TicketId>,
    pub(crate) ticket_type: Option<String>,
    /// Tickets sold; below zero, tickets given back.
    pub(crate) quantity: i64,
    pub(crate) channel: Option<String>,
    pub(crate) rule: Option<FeeRuleId>,
    /// The tax in the price of its tickets; none where none is told.
    pub(crate) tax_rate: Option<TaxRate>,
    pub(crate) provider_ref: Option<String>,
    pub(crate) amounts: Amounts,
}

/// The rows of a journal; none where nothing of it is the reseller's.
pub(crate) fn rows(entry: &Entry, names: &Names, currency: Currency) -> Vec<Row> {
    let own = [Account::ResellerPending, Account::ResellerAvailable];
    if !entry.lines.iter().any(|line| own.contains(&line.account)) {
        return Vec::new();
    }
    let net = -(entry.change(Account::ResellerPending) + entry.change(Account::ResellerAvailable));
    let mut rows =
        if entry.about.items.is_empty() { vec![of_no_ticket(entry, names, net)] } else { by_ticket(entry, names) };
    let others: Decimal = rows.iter().skip(1).map(|row| row.amounts.accounted()).sum();
    for (i, row) in rows.iter_mut().enumerate() {
        let net = if i == 0 { net - others } else { row.amounts.accounted() };
        row.amounts = rounded(row.amounts.coming_to(net), currency);
        row.provider_ref = provider_ref(entry, names, row.category);
    }
    rows
}

fn of_no_ticket(entry: &Entry, names: &Names, net: Decimal) -> Row {
    let kind = entry.source.split_once(':').map_or("", |(kind, _)| kind);
    let mut amounts = Amounts {
        platform_fee: -entry.change(Account::RevPlatformFee),
        hosting_fee: -entry.change(Account::RevHostingFee),
        platform_fee_tax: -entry.change(Account::TaxPlatformVat),
        ..Amounts::default()
    };
    match kind {
        // To the buyer went money or credit.
        "refund" | "refund_failed" => {
            amounts.refund = -entry.change(Account::RefundsPayable) - entry.change(Account::VoucherOutstanding);
            let back = entry.about.tax_returned;
            amounts.ticket_tax = if kind == "refund" { -back } else { back };
        }
        "psp_fee" => amounts.provider_fee = -net,
        "dispute" | "dispute_lost" => {
            amounts.provider_fee = entry.about.provider_fee;
            amounts.dispute = -net - amounts.provider_fee;
            amounts.ticket_tax = -entry.about.tax_returned;
        }
        _ => {}
    }
    Row {
        category: Category::of(&entry.source, amounts.dispute),
        performance: entry.about.performance_id,
        tickets: Vec::new(),
        ticket_type: None,
        quantity: 0,
        channel: None,
        // Fees given back for no ticket in particular are the order's, whose first ticket's rule it then is.
        rule: entry
            .about
            .order_id
            .filter(|_| {
                !(amounts.platform_fee.is_zero() && amounts.hosting_fee.is_zero() && amounts.platform_fee_tax.is_zero())
            })
            .and_then(|order| names.items.get(&(order, 1)))
            .map(|under| under.rule),
        tax_rate: None,
        provider_ref: None,
        amounts,
    }
}

fn by_ticket(entry: &Entry, names: &Names) -> Vec<Row> {
    let category = Category::of(&entry.source, Decimal::ZERO);
    let mut rows: Vec<Row> = Vec::new();
    for item in &entry.about.items {
        let under = entry.about.order_id.and_then(|order| names.items.get(&(order, item.sold.item_no)));
        let (rule, channel) = (under.map(|under| under.rule), under.map(|under| under.channel.as_str()));
        let tax_rate = item.sold.tax.map(|tax| tax.rate);
        let (quantity, amounts) = of_item(item, category);
        let same = |row: &&mut Row| {
            (row.performance, row.ticket_type.as_deref(), row.rule, row.channel.as_deref(), row.tax_rate)
                == (Some(item.sold.performance), Some(item.sold.ticket_type.as_str()), rule, channel, tax_rate)
        };
        match rows.iter_mut().find(same) {
            Some(row) => {
                row.tickets.push(item.sold.ticket);
                row.quantity += quantity;
                row.amounts.add(&amounts);
            }
            None => rows.push(Row {
                category,
                performance: Some(item.sold.performance),
                tickets: vec![item.sold.ticket],
                ticket_type: Some(item.sold.ticket_type.clone()),
                quantity,
                channel: channel.map(str::to_owned),
                rule,
                tax_rate,
                provider_ref: None,
                amounts,
            }),
        }
    }
    rows
}

/// How many tickets it counts as, and its amounts without `other` and `net`.
fn of_item(item: &AboutItem, category: Category) -> (i64, Amounts) {
    let sold = &item.sold;
    let sale = |sign: Decimal| Amounts {
        gross: sign * sold.total(),
        face_value: sign * sold.face_value,
        ticket_tax: sign * sold.ticket_tax(),
        buyer_fee: sign * sold.buyer_fee,
        platform_fee: sign * sold.platform_fee,
        hosting_fee: sign * sold.hosting_fee,
        platform_fee_tax: sign * sold.fee_tax(),
        ..Amounts::default()
    };
    let refund = |sign: Decimal| {
        // What is given back of fees is all of them or nothing, the hosted shop's among them.
        let hosting = if item.fee_returned.is_zero() { Decimal::ZERO } else { sold.hosting_fee };
        Amounts {
            refund: sign * item.refunded,
            ticket_tax: -sign * item.tax_returned,
            platform_fee: -sign * (item.fee_returned - hosting),
            hosting_fee: -sign * hosting,
            platform_fee_tax: -sign * item.fee_tax_returned,
            ..Amounts::default()
        }
    };
    match category {
        Category::Refund => (-1, refund(Decimal::ONE)),
        Category::RefundFailed => (1, refund(Decimal::NEGATIVE_ONE)),
        Category::ExchangeOut => (-1, sale(Decimal::NEGATIVE_ONE)),
        Category::Sale | Category::ExchangeIn => (1, sale(Decimal::ONE)),
        _ => (0, Amounts::default()),
    }
}

fn provider_ref(entry: &Entry, names: &Names, category: Category) -> Option<String> {
    let about = &entry.about;
    match category {
        Category::Sale => about.order_id.and_then(|order| names.charges.get(&order).cloned()),
        Category::Refund | Category::RefundFailed => about.refund_id.and_then(|id| names.refunds.get(&id).cloned()),
        Category::ProviderFee | Category::Dispute | Category::DisputeReversal | Category::DisputeFee => {
            Some(entry.name().to_owned())
        }
        Category::Payout | Category::PayoutFailed => {
            let name = about.payout_id.and_then(|id| names.payouts.get(&id))?;
            name.to_bank.clone().or_else(|| name.transfer.clone())
        }
        _ => None,
    }
}

fn rounded(amounts: Amounts, currency: Currency) -> Amounts {
    let exact = |amount| currency.round(amount);
    Amounts {
        gross: exact(amounts.gross),
        face_value: exact(amounts.face_value),
        ticket_tax: exact(amounts.ticket_tax),
        buyer_fee: exact(amounts.buyer_fee),
        platform_fee: exact(amounts.platform_fee),
        hosting_fee: exact(amounts.hosting_fee),
        platform_fee_tax: exact(amounts.platform_fee_tax),
        provider_fee: exact(amounts.provider_fee),
        refund: exact(amounts.refund),
        dispute: exact(amounts.dispute),
        other: exact(amounts.other),
        net: exact(amounts.net),
    }
}
