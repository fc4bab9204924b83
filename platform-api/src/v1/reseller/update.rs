//! `PATCH /v1/reseller`

use foundation::mail::Language;
use serde::{Deserialize, Deserializer};
use tenancy::{MailChanges, ResellerChanges};
use utoipa::ToSchema;

use super::ResellerView;
use crate::web::{Allowed, Answer, Body, IfMatch, Reply, caller::commit, scope::AccountWrite};

/// What to change; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ResellerChanges)]
pub(crate) struct ResellerChangesBody {
    name: Option<String>,
    email: Option<String>,
    legal_name: Option<String>,
    address: Option<String>,
    tax_id: Option<String>,
    /// How many days after its end a performance is archived, 1 to 3650.
    archive_after_days: Option<i32>,
    #[serde(default)]
    mail: MailChangesBody,
}

/// What to change about the mail to buyers; what is left out stays, and null takes a text away.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = MailChanges)]
struct MailChangesBody {
    enabled: Option<bool>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, example = "Stage Left Tickets")]
    sender_name: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, example = "help@stageleft.example")]
    reply_to: Option<Option<String>>,
    language: Option<Language>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, example = "https://stageleft.example/tickets/{order_id}/{item_no}")]
    ticket_url: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, example = "https://stageleft.example/waiting/{performance_id}/{entry_id}")]
    waiting_url: Option<Option<String>>,
}

/// Tells a null, which takes the value away, from a field that is left out.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// Changes the account's details.
#[utoipa::path(patch, path = "/v1/reseller", tag = "Account", request_body = ResellerChangesBody, responses((status = 200, body = ResellerView)))]
pub(crate) async fn update(
    allowed: Allowed<AccountWrite>,
    IfMatch(version): IfMatch,
    Body(body): Body<ResellerChangesBody>,
) -> Answer {
    let changes = ResellerChanges {
        name: body.name,
        email: body.email,
        legal_name: body.legal_name,
        address: body.address,
        tax_id: body.tax_id.map(Some),
        archive_after_days: body.archive_after_days,
        mail: MailChanges {
            enabled: body.mail.enabled,
            sender_name: body.mail.sender_name,
            reply_to: body.mail.reply_to,
            language: body.mail.language,
            ticket_url: body.mail.ticket_url,
            waiting_url: body.mail.waiting_url,
        },
    };
    let mut tx = allowed.tx().await?;
    let reseller = tenancy::update_reseller(&mut tx, version, &changes).await?;
    commit(tx).await?;
    let version = reseller.version;
    Reply::versioned(&ResellerView::from(reseller), version)
}
