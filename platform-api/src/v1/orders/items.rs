//! `/v1/orders/{order_id}/items/{no}`: one ticket of an order, and whose it is.

pub(crate) mod exchange;
pub(crate) mod owners;
pub(crate) mod rename;
pub(crate) mod transfer;
pub(crate) mod void;

use axum::http::StatusCode;
use foundation::{Instant, id::CredentialId, mail::Language};
use serde::Serialize;
use ticketing::{
    rules::{
        order::{CheckIn, Order},
        owner::{OwnerChange, Ownership},
    },
    store::claims,
};
use utoipa::ToSchema;

use super::whole;
use crate::web::{Allowed, Answer, caller::Call, scope::OrdersWrite};

/// Whose a ticket is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TicketOwner)]
pub(crate) struct TicketOwnerView {
    name: Option<String>,
    email: Option<String>,
    /// The language to write in; without one it is the account's.
    language: Option<Language>,
    /// The right to enter that is this owner's. An older one of the same ticket opens nothing any more.
    credential_id: CredentialId,
    since: Instant,
}

impl TicketOwnerView {
    /// Who has the ticket, if anyone has.
    pub(crate) fn now(of: Ownership) -> Option<Self> {
        let credential_id = of.credential?;
        let owner = of.owner;
        Some(Self { name: owner.name, email: owner.email, language: owner.language, credential_id, since: of.since })
    }
}

/// One of the owners that a ticket has had.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Ownership)]
pub(crate) struct OwnershipView {
    /// Counts them, from 1.
    no: i16,
    /// By what: `purchased`, `renamed`, `transferred`, `exchanged` or `voided`, from when on it is nobody's.
    #[schema(value_type = String, example = "transferred")]
    change: &'static str,
    name: Option<String>,
    email: Option<String>,
    language: Option<Language>,
    /// The right to enter; null where the ticket is void.
    credential_id: Option<CredentialId>,
    since: Instant,
    /// When this owner has entered with it, if so.
    checked_in_at: Option<Instant>,
}

impl OwnershipView {
    /// One of a ticket's owners; who has entered with it is the one who has it now, and nobody has it after that.
    fn of(of: Ownership, now: Option<i16>, checked_in: Option<&CheckIn>) -> Self {
        let checked_in_at = checked_in.filter(|_| Some(of.no) == now).map(|done| done.at);
        let Ownership { no, change, owner, credential, since } = of;
        let change = OwnerChange::as_str(change);
        Self {
            no,
            change,
            name: owner.name,
            email: owner.email,
            language: owner.language,
            credential_id: credential,
            since,
            checked_in_at,
        }
    }
}

/// Answers with the order as it is after a change of one of its tickets.
async fn changed(
    allowed: &Allowed<OrdersWrite>,
    mut call: Call<'_>,
    order: Order,
    changes: &[claims::Change],
) -> Answer {
    let version = order.version;
    let view = whole(&mut call.tx, allowed.provider(), order).await?;
    call.finish_with(StatusCode::OK, &view, Some(version), changes).await
}
