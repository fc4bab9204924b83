//! `GET /v1/performances/{performance_id}/waitlist/entries`

use foundation::{
    Instant,
    id::PerformanceId,
    page::{Page, PageOf},
};
use serde::{Deserialize, Serialize};
use ticketing::{
    rules::waitlist::Entry,
    store::{performances, waitlist_entries},
};
use utoipa::{IntoParams, ToSchema};

use super::{EntryState, EntryView};
use crate::{
    v1::orders::BuyerView,
    web::{Allowed, Answer, ListOf, Path, Query, Reply, scope::OrdersRead},
};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct EntriesQuery {
    /// 1 to 100, 20 unless said.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// In this state only.
    state: Option<EntryState>,
}

/// A party on a waitlist, and who that is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WaitlistEntryOfBuyer)]
pub(crate) struct EntryOfBuyerView {
    #[serde(flatten)]
    entry: EntryView,
    buyer: BuyerView,
}

impl EntryOfBuyerView {
    fn of(entry: Entry, now: Instant) -> Self {
        let buyer = BuyerView::from(entry.buyer.clone());
        Self { entry: EntryView::of(entry, None, now), buyer }
    }
}

/// Lists a performance's waitlist in its order, ended entries too for 90 days. Places are not told here.
#[utoipa::path(get, path = "/v1/performances/{performance_id}/waitlist/entries", tag = "Waitlists", params(("performance_id" = PerformanceId, Path), EntriesQuery), responses((status = 200, body = ListOf<EntryOfBuyerView>)))]
pub(crate) async fn list(
    allowed: Allowed<OrdersRead>,
    Path(performance): Path<PerformanceId>,
    Query(query): Query<EntriesQuery>,
) -> Answer {
    let page = PageOf::<i64>::parse(query.limit, query.cursor.as_deref())?;
    let mut tx = allowed.snapshot().await?;
    performances::get(&mut tx, performance).await?;
    let now = tx.now().await?;
    let state = query.state.map(Into::into);
    let rows = waitlist_entries::list(&mut tx, performance, state, page.after.unwrap_or(0), page.fetch_limit()).await?;
    Reply::ok(&ListOf::from(
        Page::cut(rows, page.limit, |entry| entry.no).map(|entry| EntryOfBuyerView::of(entry, now)),
    ))
}
