//! The invoice of the platform's fees in a settlement: what article 226 of the VAT Directive (2006/112/EC) asks for. Amounts are those
//! of the books, tax included, so that what is invoiced is what was taken.

use std::collections::BTreeMap;

use foundation::{Currency, Money, id::ResellerId};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    document::Party,
    row::{Amounts, Row},
};

/// Fees at one rate of tax.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct FeeInvoiceLine {
    /// The nature of the service.
    #[schema(example = "Platform fees")]
    pub description: String,
    /// Of how many tickets; below zero where fees were given back.
    pub tickets: i64,
    /// The percentage of tax; null where the fee was of no rule.
    #[schema(value_type = Option<String>, example = "21")]
    pub tax_rate: Option<Decimal>,
    /// The taxable amount.
    pub net: Money,
    /// The tax on it.
    pub tax: Money,
}

/// An invoice or, where more was given back than taken, a credit note.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct FeeInvoice {
    /// Sequential without gaps in its series: region, reseller, currency.
    #[schema(example = "EU-3F2A90C41B7D-EUR-0003")]
    pub number: String,
    /// The date of issue.
    pub issued_on: String,
    /// Between when the services were supplied.
    pub supplied_from: String,
    /// The last day of that.
    pub supplied_until: String,
    /// Who supplies.
    pub supplier: Party,
    /// Who is supplied.
    pub customer: Party,
    /// The fees, by rate of tax.
    pub lines: Vec<FeeInvoiceLine>,
    /// The taxable amounts together.
    pub net: Money,
    /// The tax together.
    pub tax: Money,
    /// What was taken; below zero, given back.
    pub total: Money,
    /// Whether the customer is liable for the tax: it is established in another country, has a tax number, and none was charged.
    pub is_reverse_charge: bool,
    /// Whether it gives back.
    pub is_credit_note: bool,
}

/// Fees of a period at one rate, while its book is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Fees {
    tickets: i64,
    net: Decimal,
    tax: Decimal,
}

/// Fees of a period by rate.
pub(crate) type FeesByRate = BTreeMap<Option<Decimal>, Fees>;

/// Enters the fees of a row.
pub(crate) fn enter(fees: &mut FeesByRate, row: &Row, rate: Option<Decimal>) {
    let Amounts { platform_fee, hosting_fee, platform_fee_tax, .. } = row.amounts;
    if platform_fee.is_zero() && hosting_fee.is_zero() && platform_fee_tax.is_zero() {
        return;
    }
    let sum = fees.entry(rate.map(|rate| rate.normalize())).or_default();
    sum.tickets += row.quantity;
    sum.net += platform_fee + hosting_fee;
    sum.tax += platform_fee_tax;
}

/// What an invoice says beside its amounts.
pub(crate) struct Issue<'a> {
    pub(crate) region: &'a str,
    pub(crate) reseller: ResellerId,
    pub(crate) currency: Currency,
    pub(crate) number: i32,
    pub(crate) supplier: Party,
    pub(crate) customer: Party,
    pub(crate) issued_on: String,
    pub(crate) supplied: (String, String),
}

/// The invoice of these fees; none where none moved.
pub(crate) fn invoice(fees: &FeesByRate, issue: Issue<'_>) -> Option<FeeInvoice> {
    if fees.is_empty() {
        return None;
    }
    let money = |amount| Money::rounded(amount, issue.currency);
    let line = |(rate, fees): (&Option<Decimal>, &Fees)| FeeInvoiceLine {
        description: "Platform fees for tickets sold".to_owned(),
        tickets: fees.tickets,
        tax_rate: *rate,
        net: money(fees.net),
        tax: money(fees.tax),
    };
    let (net, tax): (Decimal, Decimal) =
        fees.values().fold((Decimal::ZERO, Decimal::ZERO), |(net, tax), fees| (net + fees.net, tax + fees.tax));
    let simple = issue.reseller.uuid().simple().to_string();
    let series: String = simple.chars().skip(20).collect();
    let number = format!("{}-{series}-{}-{:04}", issue.region, issue.currency, issue.number).to_uppercase();
    Some(FeeInvoice {
        number,
        issued_on: issue.issued_on,
        supplied_from: issue.supplied.0,
        supplied_until: issue.supplied.1,
        is_reverse_charge: tax.is_zero()
            && issue.customer.tax_id.is_some()
            && issue.customer.country != issue.supplier.country,
        supplier: issue.supplier,
        customer: issue.customer,
        lines: fees.iter().map(line).collect(),
        net: money(net),
        tax: money(tax),
        total: money(net + tax),
        is_credit_note: net + tax < Decimal::ZERO,
    })
}
