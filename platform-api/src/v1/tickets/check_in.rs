//! `POST /v1/tickets/{ticket_id}/check_in`

use axum::http::StatusCode;
use foundation::{
    Instant,
    id::{CredentialId, PerformanceId, TicketId},
};
use serde::Deserialize;
use ticketing::{rules::check_in::Scan, use_cases::check_in_ticket::check_in_ticket};
use utoipa::ToSchema;

use super::AtTheDoorView;
use crate::web::{Allowed, Answer, Keyed, Path, scope::DoorWrite};

/// What was shown, where and when.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewCheckIn)]
pub(crate) struct NewCheckInBody {
    /// Which performance the door is of.
    performance_id: PerformanceId,
    /// The right to enter that was shown: the `credential_id` of the ticket's owner.
    credential_id: CredentialId,
    /// Which door, in your own word; at most 100 bytes.
    #[schema(example = "North 2")]
    gate: Option<String>,
    /// When it was scanned, by a scanner that was offline; now, unless said.
    scanned_at: Option<Instant>,
}

/// Lets a ticket's owner in, once: a second time is refused with `already_checked_in` and when and where the first was. Of two scans the one
/// that arrives first counts, whatever `scanned_at` says. Refused too: what is void, suspended or not paid, the right of an owner before,
/// another performance, before the doors open (where `doors_at` is before the start) and after the end.
#[utoipa::path(post, path = "/v1/tickets/{ticket_id}/check_in", tag = "Door", params(("ticket_id" = TicketId, Path)), request_body = NewCheckInBody, responses((status = 200, body = AtTheDoorView)))]
pub(crate) async fn check_in(
    allowed: Allowed<DoorWrite>,
    Path(ticket): Path<TicketId>,
    Keyed { key, body }: Keyed<NewCheckInBody>,
) -> Answer {
    let NewCheckInBody { performance_id, credential_id, gate, scanned_at } = body;
    let scan = Scan { performance: performance_id, ticket, credential: credential_id, gate, at: scanned_at };
    let mut call = allowed.begin(key).await?;
    let seen = check_in_ticket(&mut call.tx, &scan).await?;
    call.finish(StatusCode::OK, &AtTheDoorView::from(seen), None).await
}
