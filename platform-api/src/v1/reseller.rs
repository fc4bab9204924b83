//! `/v1/reseller`: the caller's own account.

pub(crate) mod get;
pub(crate) mod update;

use foundation::{
    Currency, Instant, Mode,
    id::{AccountId, ResellerId},
    mail::Language,
};
use serde::Serialize;
use tenancy::{Mail, Reseller, ResellerState};
use utoipa::ToSchema;

/// One environment of an account.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Reseller)]
pub(crate) struct ResellerView {
    id: ResellerId,
    /// The account that this environment belongs to.
    account_id: AccountId,
    mode: Mode,
    state: ResellerState,
    name: String,
    email: String,
    country: String,
    currency: Currency,
    legal_name: String,
    address: String,
    tax_id: Option<String>,
    /// How many days after its end a performance is archived.
    archive_after_days: i32,
    mail: MailView,
    created_at: Instant,
    /// Counts its changes; also the ETag.
    version: i64,
}

impl From<Reseller> for ResellerView {
    fn from(reseller: Reseller) -> Self {
        Self {
            id: reseller.id,
            account_id: reseller.account,
            mode: reseller.mode,
            state: reseller.state,
            name: reseller.name,
            email: reseller.email,
            country: reseller.country,
            currency: reseller.currency,
            legal_name: reseller.legal_name,
            address: reseller.address,
            tax_id: reseller.tax_id,
            archive_after_days: reseller.archive_after_days,
            mail: MailView::from(reseller.mail),
            created_at: reseller.created_at,
            version: reseller.version,
        }
    }
}

/// How the platform writes to the reseller's buyers.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Mail)]
pub(crate) struct MailView {
    /// Whether it does at all.
    enabled: bool,
    /// The name that letters come from; without one it is the reseller's.
    sender_name: Option<String>,
    /// Where a buyer's answer goes.
    reply_to: Option<String>,
    /// The language of a buyer who has not chosen one.
    language: Language,
    /// Where a buyer finds a ticket, with `{order_id}` and `{item_no}` in it; without one letters have no links.
    ticket_url: Option<String>,
    /// Where somebody who waits for tickets goes on, with `{performance_id}` and `{entry_id}` in it; without one letters to them
    /// have no link.
    waiting_url: Option<String>,
}

impl From<Mail> for MailView {
    fn from(mail: Mail) -> Self {
        Self {
            enabled: mail.enabled,
            sender_name: mail.sender_name,
            reply_to: mail.reply_to,
            language: mail.language,
            ticket_url: mail.ticket_url.map(|url| url.to_string()),
            waiting_url: mail.waiting_url.map(|url| url.to_string()),
        }
    }
}
