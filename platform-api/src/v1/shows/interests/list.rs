//! `GET /v1/shows/{show_id}/interests`

use foundation::{
    id::{InterestId, ShowId},
    page::{Page, PageOf},
};
use serde::{Deserialize, Serialize};
use ticketing::{
    rules::interest::Interest,
    store::{interests, shows},
};
use utoipa::{IntoParams, ToSchema};

use super::InterestView;
use crate::{
    v1::orders::BuyerView,
    web::{Allowed, Answer, ListOf, Path, Query, Reply, scope::OrdersRead},
};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct InterestsQuery {
    /// 1 to 100, 20 unless said.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Somebody's interest, and who that is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = InterestOfBuyer)]
pub(crate) struct InterestOfBuyerView {
    #[serde(flatten)]
    interest: InterestView,
    buyer: BuyerView,
}

impl From<Interest> for InterestOfBuyerView {
    fn from(interest: Interest) -> Self {
        Self { interest: InterestView::from(&interest), buyer: interest.buyer.into() }
    }
}

/// Lists who is interested in a show, in the order in which they registered; those who were told, for thirty days.
#[utoipa::path(get, path = "/v1/shows/{show_id}/interests", tag = "Waitlists", params(("show_id" = ShowId, Path), InterestsQuery), responses((status = 200, body = ListOf<InterestOfBuyerView>)))]
pub(crate) async fn list(
    allowed: Allowed<OrdersRead>,
    Path(show): Path<ShowId>,
    Query(query): Query<InterestsQuery>,
) -> Answer {
    let page = PageOf::<InterestId>::parse(query.limit, query.cursor.as_deref())?;
    let mut tx = allowed.snapshot().await?;
    shows::get(&mut tx, show).await?;
    let rows = interests::list(&mut tx, show, page.after, page.fetch_limit()).await?;
    Reply::ok(&ListOf::from(Page::cut(rows, page.limit, |interest| interest.id).map(InterestOfBuyerView::from)))
}
