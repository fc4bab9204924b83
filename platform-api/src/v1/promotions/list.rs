//! `GET /v1/promotions`

use foundation::{
    id::PromotionId,
    page::{Page, PageOf},
};
use serde::Deserialize;
use ticketing::store::promotions;
use utoipa::IntoParams;

use super::PromotionView;
use crate::web::{Allowed, Answer, ListOf, Query, Reply, scope::ShowsWrite};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PromotionsQuery {
    /// 1 to 100, 20 unless said.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Lists promotions in the order of their creation.
#[utoipa::path(get, path = "/v1/promotions", tag = "Promotions", params(PromotionsQuery), responses((status = 200, body = ListOf<PromotionView>)))]
pub(crate) async fn list(allowed: Allowed<ShowsWrite>, Query(query): Query<PromotionsQuery>) -> Answer {
    let page = PageOf::<PromotionId>::parse(query.limit, query.cursor.as_deref())?;
    let rows = promotions::list(&mut allowed.snapshot().await?, page.after, page.fetch_limit()).await?;
    Reply::ok(&ListOf::from(Page::cut(rows, page.limit, |promotion| promotion.id).map(PromotionView::from)))
}
