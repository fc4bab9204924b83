//! `GET /v1/public/{region}/{reseller_id}/shows/{show_id}`

use axum::{extract::State, http::request::Parts};
use foundation::id::{ResellerId, ShowId};
use ticketing::store::shows;

use super::{PublicShowView, open, public, shown};
use crate::{
    app::App,
    web::{Answer, Path, Reply},
};

/// Reads a public show.
#[utoipa::path(get, path = "/v1/public/{region}/{reseller_id}/shows/{show_id}", tag = "Public", params(("region" = String, Path), ("reseller_id" = ResellerId, Path), ("show_id" = ShowId, Path)), responses((status = 200, body = PublicShowView)), security(()))]
pub(crate) async fn get(
    State(app): State<App>,
    Path((region, reseller, id)): Path<(String, ResellerId, ShowId)>,
    parts: Parts,
) -> Answer {
    let (_, mut tx) = open(&app, &parts, &region, reseller).await?;
    let show = shows::get(&mut tx, id).await?;
    public(&mut tx, &show, "show").await?;
    Reply::ok(&shown(&mut tx, vec![show]).await?.pop())
}
