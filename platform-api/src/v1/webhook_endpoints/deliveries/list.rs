//! `GET /v1/webhook_endpoints/{endpoint_id}/deliveries`

use foundation::{id::EndpointId, page::PageOf};
use serde::Deserialize;
use utoipa::IntoParams;
use webhooks_dispatcher::deliveries::{self, DeliveryState};

use super::DeliveryView;
use crate::web::{Allowed, Answer, ListOf, Path, Query, Reply, scope::WebhooksRead};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DeliveriesQuery {
    /// Only those of this state.
    state: Option<DeliveryState>,
    /// 1 to 100, 20 unless said.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Lists what was sent to a webhook endpoint, the newest event first.
#[utoipa::path(get, path = "/v1/webhook_endpoints/{endpoint_id}/deliveries", tag = "Webhooks", params(("endpoint_id" = EndpointId, Path), DeliveriesQuery), responses((status = 200, body = ListOf<DeliveryView>)))]
pub(crate) async fn list(
    allowed: Allowed<WebhooksRead>,
    Path(id): Path<EndpointId>,
    Query(query): Query<DeliveriesQuery>,
) -> Answer {
    let page = PageOf::parse(query.limit, query.cursor.as_deref())?;
    let found = deliveries::list(&mut allowed.snapshot().await?, id, query.state, &page).await?;
    Reply::ok(&ListOf::from(found.map(DeliveryView::from)))
}
