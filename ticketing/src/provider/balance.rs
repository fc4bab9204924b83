//! The provider's own report of what moved the balance of an account, as lines that can be compared with the books.

use std::collections::BTreeMap;

use foundation::{Currency, Instant};
use rust_decimal::Decimal;
use serde_json::Value;
use stripe_client_core::{RequestBuilder, StripeMethod};

use super::{Provider, ProviderError, amounts::major};
use accounting::{ReportLine, ReportPart};

/// How many transactions one look gives.
const PAGE: usize = 100;

/// What moved an account's balance.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// What the books should have too.
    pub lines: Vec<ReportLine>,
    /// What the platform has drawn to its own bank, per currency; below zero where it came back.
    pub drawn: BTreeMap<String, Decimal>,
}

/// A transaction as far as we read it.
struct Transaction {
    id: String,
    kind: String,
    source: Option<String>,
    amount: i64,
    fee: i64,
    currency: Currency,
    at: Instant,
}

impl Transaction {
    fn read(value: &Value) -> Option<Self> {
        let text = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
        let number = |name: &str| value.get(name).and_then(Value::as_i64);
        Some(Self {
            id: text("id")?,
            kind: text("type")?,
            source: text("source"),
            amount: number("amount")?,
            fee: number("fee").unwrap_or(0),
            currency: text("currency")?.to_uppercase().parse().ok()?,
            at: Instant::from_micros(number("created")?.saturating_mul(1_000_000)),
        })
    }

    fn into_report(self, report: &mut Report) {
        let Self { id, currency, at, .. } = self;
        let (amount, fee) = (major(self.amount, currency), major(self.fee, currency));
        let line = |of: &str, part, amount| ReportLine {
            of: of.to_owned(),
            part,
            amount,
            currency,
            at,
            name: id.clone(),
            reseller: None,
            is_timed: true,
        };
        match (self.kind.as_str(), &self.source) {
            // The platform's own: what it draws is no reseller's.
            ("payout" | "payout_failure" | "payout_cancel", _) => {
                *report.drawn.entry(currency.code().to_owned()).or_default() -= amount;
            }
            ("charge" | "payment", Some(charge)) => {
                report.lines.push(line(charge, ReportPart::Money, amount));
                report.lines.extend((!fee.is_zero()).then(|| line(&id, ReportPart::Fee, -fee)));
            }
            ("refund" | "payment_refund", Some(refund)) => {
                report.lines.push(line(refund, ReportPart::Money, amount - fee))
            }
            ("refund_failure" | "payment_failure_refund", Some(refund)) => {
                report.lines.push(line(refund, ReportPart::Returned, amount - fee));
            }
            // Disputes and transfers are in the books under the transaction's own name; whatever else there is, is not.
            _ => report.lines.push(line(&id, ReportPart::Money, amount - fee)),
        }
    }
}

impl Provider {
    /// Everything that moved the account's balance from this second on until before that one, since 1970.
    ///
    /// # Errors
    /// The provider's; unreachable if its list cannot be read.
    pub async fn balance_report(&self, from: i64, to: i64) -> Result<Report, ProviderError> {
        let (mut report, mut after) = (Report::default(), None::<String>);
        loop {
            let mut query =
                vec![("created[gte]", from.to_string()), ("created[lt]", to.to_string()), ("limit", PAGE.to_string())];
            query.extend(after.map(|last| ("starting_after", last)));
            let mut request = RequestBuilder::new(StripeMethod::Get, "/balance_transactions");
            request.query = Some(url::form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish());
            let bytes = self.client.measured("list_balance_transactions", self.client.ask_raw(&request)).await?;
            let unreadable = || ProviderError::Unreachable("its balance report cannot be read".to_owned());
            let page: Value = serde_json::from_slice(&bytes).map_err(|_| unreadable())?;
            let data = page.get("data").and_then(Value::as_array).ok_or_else(unreadable)?;
            // One that cannot be read is an error: left out, it would look like money that is not there.
            let read: Vec<Transaction> =
                data.iter().map(|one| Transaction::read(one).ok_or_else(unreadable)).collect::<Result<_, _>>()?;
            after = read.last().map(|last| last.id.clone());
            let is_last = page.get("has_more").and_then(Value::as_bool) != Some(true) || after.is_none();
            read.into_iter().for_each(|transaction| transaction.into_report(&mut report));
            if is_last {
                return Ok(report);
            }
        }
    }
}
