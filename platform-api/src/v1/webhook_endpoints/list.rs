//! `GET /v1/webhook_endpoints`

use foundation::page::PageOf;
use serde::Deserialize;
use tenancy::webhook_endpoints;
use utoipa::IntoParams;

use super::EndpointView;
use crate::web::{Allowed, Answer, ListOf, Query, Reply, scope::WebhooksRead};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct EndpointsQuery {
    /// 1 to 100, 20 unless said.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Lists webhook endpoints.
#[utoipa::path(get, path = "/v1/webhook_endpoints", tag = "Webhooks", params(EndpointsQuery), responses((status = 200, body = ListOf<EndpointView>)))]
pub(crate) async fn list(allowed: Allowed<WebhooksRead>, Query(query): Query<EndpointsQuery>) -> Answer {
    let page = PageOf::parse(query.limit, query.cursor.as_deref())?;
    let endpoints = webhook_endpoints::list(&mut allowed.snapshot().await?, &page).await?;
    Reply::ok(&ListOf::from(endpoints.map(EndpointView::from)))
}
