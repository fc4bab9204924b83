//! `POST /v1/performances/{performance_id}/waitlist/entries`

use axum::{
    extract::State,
    http::{StatusCode, request::Parts},
};
use foundation::{Refusal, id::PerformanceId};
use serde::Deserialize;
use tenancy::KeyKind;
use ticketing::{rules::waitlist::NewEntry, use_cases::join_waitlist::join_waitlist};
use utoipa::ToSchema;

use super::EntryView;
use crate::{
    app::App,
    v1::{
        holds::{ChooseBody, sold_through},
        orders::BuyerBody,
        performances::seen,
    },
    web::{Allowed, Answer, Keyed, Path, scope::WaitlistsWrite},
};

/// A party that wants to wait.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewWaitlistEntry)]
pub(crate) struct NewEntryBody {
    /// What would do, the best first: at most 5, all of as many tickets. Of each price tier that would do there is one.
    choose: Vec<ChooseBody>,
    /// Who waits. The e-mail address is needed: an address waits once.
    buyer: BuyerBody,
    /// The reseller's own word for the buyer: an id, no name and no address. The offer is held under it. Not with a publishable
    /// key.
    buyer_reference: Option<String>,
}

/// Joins a performance's waitlist. What can be had now is refused as `tickets_available`: hold it instead.
#[utoipa::path(post, path = "/v1/performances/{performance_id}/waitlist/entries", tag = "Waitlists", params(("performance_id" = PerformanceId, Path)), request_body = NewEntryBody, responses((status = 201, body = EntryView)))]
pub(crate) async fn create(
    allowed: Allowed<WaitlistsWrite>,
    State(app): State<App>,
    Path(performance): Path<PerformanceId>,
    parts: Parts,
    Keyed { key, body }: Keyed<NewEntryBody>,
) -> Answer {
    allowed.throttle_joins(&parts, &app).await?;
    if body.buyer_reference.is_some() && allowed.caller.kind == KeyKind::Publishable {
        let detail = "is the reseller's own word, and tickets count by it: join with a secret key to give one";
        return Err(Refusal::field("/buyer_reference", detail).into());
    }
    let new = NewEntry {
        parties: body.choose.into_iter().map(ChooseBody::read).collect(),
        buyer: body.buyer.read()?,
        buyer_reference: body.buyer_reference,
        sold_through: sold_through(&allowed.caller),
    };
    let mut call = allowed.begin(key).await?;
    seen(&mut call.tx, &allowed.caller, performance).await?;
    let entry = join_waitlist(&mut call.tx, &allowed.services.inventory, performance, new).await?;
    let view = EntryView::placed(&mut call.tx, entry).await?;
    call.finish(StatusCode::CREATED, &view, Some(1)).await
}
