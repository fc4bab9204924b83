//! What is told of a settlement beside its rows. Sealed as it was written, so members may be added for later periods and never
//! change their meaning.

use foundation::{Currency, Instant, Money, id::SettlementId};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{category::Category, fees::FeeInvoice, payouts::SettlementPayout, row::Amounts};

/// Whether a period can still have more rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PeriodState {
    /// It goes on.
    Open,
    /// It is sealed.
    Closed,
}

/// The sums of a period's rows, column by column.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SettlementTotals {
    /// What buyers paid.
    pub gross: Money,
    /// Of it, the prices of the tickets.
    pub face_value: Money,
    /// Of these, the tax that they include as far as it is told, less what refunds have carried back. It is the reseller's own to declare,
    /// and part of none of the other sums.
    pub ticket_tax: Money,
    /// Of it, the fees passed on.
    pub buyer_fee: Money,
    /// The platform's fees, less those given back.
    pub platform_fee: Money,
    /// The hosted shop's.
    pub hosting_fee: Money,
    /// The tax on both.
    pub platform_fee_tax: Money,
    /// The payment provider's fees.
    pub provider_fee: Money,
    /// What went back to buyers.
    pub refund: Money,
    /// What banks took and did not give back.
    pub dispute: Money,
    /// All else: payouts and what is kept back below zero, credit, corrections.
    pub other: Money,
    /// What it all comes to: closing less opening balance.
    pub net: Money,
}

impl SettlementTotals {
    pub(crate) fn of(amounts: &Amounts, currency: Currency) -> Self {
        let money = |amount| Money::rounded(amount, currency);
        Self {
            gross: money(amounts.gross),
            face_value: money(amounts.face_value),
            ticket_tax: money(amounts.ticket_tax),
            buyer_fee: money(amounts.buyer_fee),
            platform_fee: money(amounts.platform_fee),
            hosting_fee: money(amounts.hosting_fee),
            platform_fee_tax: money(amounts.platform_fee_tax),
            provider_fee: money(amounts.provider_fee),
            refund: money(amounts.refund),
            dispute: money(amounts.dispute),
            other: money(amounts.other),
            net: money(amounts.net),
        }
    }
}

/// The rows of one category.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CategoryTotal {
    /// The category.
    pub category: Category,
    /// How many rows.
    pub rows: i64,
    /// What they come to.
    pub net: Money,
}

/// How a reseller's accounts stand; positive is the reseller's (or the buyers') claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Standing {
    pub(crate) pending: Decimal,
    pub(crate) available: Decimal,
    pub(crate) dispute_reserve: Decimal,
    pub(crate) rolling_reserve: Decimal,
    pub(crate) credit_outstanding: Decimal,
}

impl Standing {
    /// What a settlement's balance is.
    pub(crate) fn balance(&self) -> Decimal {
        self.pending + self.available
    }
}

/// How the accounts stand at the end of a period.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AccountsAtEnd {
    /// Not yet to be paid out; part of the closing balance.
    pub pending: Money,
    /// To be paid out; the rest of the closing balance.
    pub available: Money,
    /// With buyers' banks, which have not decided; beside the closing balance.
    pub dispute_reserve: Money,
    /// Kept for what may still be taken back; beside the closing balance.
    pub rolling_reserve: Money,
    /// What buyers may still buy with.
    pub credit_outstanding: Money,
}

impl AccountsAtEnd {
    pub(crate) fn of(standing: &Standing, currency: Currency) -> Self {
        let money = |amount| Money::rounded(amount, currency);
        Self {
            pending: money(standing.pending),
            available: money(standing.available),
            dispute_reserve: money(standing.dispute_reserve),
            rolling_reserve: money(standing.rolling_reserve),
            credit_outstanding: money(standing.credit_outstanding),
        }
    }
}

/// Someone on a document.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, sqlx::FromRow, ToSchema)]
pub struct Party {
    /// The full legal name.
    pub name: String,
    /// The address.
    pub address: String,
    /// Where it is established (ISO 3166-1, two letters).
    pub country: String,
    /// Its VAT or other tax number.
    pub tax_id: Option<String>,
}

/// A period of a reseller's books in one currency.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Settlement {
    /// Null while it is open.
    pub id: Option<SettlementId>,
    /// Counts the settlements of the currency; null while it is open.
    pub number: Option<i32>,
    /// Whether it is sealed.
    pub state: PeriodState,
    /// The region whose books they are.
    pub region: String,
    /// Whose they are, as it was told when they were closed.
    pub account_holder: Party,
    /// The currency of everything in it.
    pub currency: Currency,
    /// The zone of local times in it.
    pub time_zone: String,
    /// When the period before it ended; null for the first.
    pub begins_at: Option<Instant>,
    /// The end of the period. What was posted before it and came to its place after it is in the next one.
    pub ends_at: Instant,
    /// When it was sealed.
    pub closed_at: Option<Instant>,
    /// The first place in the books that it covers.
    pub first_position: i64,
    /// The last one.
    pub last_position: i64,
    /// How many rows it has.
    pub rows: i64,
    /// The closing balance of the period before it.
    pub opening_balance: Money,
    /// What the reseller has, pending and available; below zero, what it owes.
    pub closing_balance: Money,
    /// The sums of its rows.
    pub totals: SettlementTotals,
    /// The same by what they are; a category without rows is left out.
    pub by_category: Vec<CategoryTotal>,
    /// How the accounts stand at its end.
    pub accounts_at_end: AccountsAtEnd,
    /// The payouts that were decided on in it, arrived in it or came back in it, in the order of their ids; a thousand at most, of
    /// more the rows tell.
    pub payouts: Vec<SettlementPayout>,
    /// The invoice of the platform's fees in it; null where none were taken, where nobody issues invoices, and while it is open.
    pub fee_invoice: Option<FeeInvoice>,
    /// The credit note of what was given back of fees that earlier invoices have; null as above.
    pub credit_note: Option<FeeInvoice>,
    /// The digest of all books up to its last position (SHA-256); null while it is open.
    pub books_sha256: Option<String>,
    /// The SHA-256 of the rows as JSON lines; null while it is open.
    pub jsonl_sha256: Option<String>,
    /// The SHA-256 of the rows as CSV; null while it is open.
    pub csv_sha256: Option<String>,
    /// The SHA-256 of this object of the period before it, as it was told; null for the first and while it is open.
    pub previous_sha256: Option<String>,
}
