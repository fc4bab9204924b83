//! `/v1/public/{region}/{reseller_id}`: what anyone may read, without a key. What is hidden or not published answers as missing.

pub(crate) mod availability;
pub(crate) mod seat_map;
pub(crate) mod show;
pub(crate) mod shows;

use axum::http::request::Parts;
use foundation::{Error, Refusal, TenantTx, id::ResellerId};
use tenancy::{Caller, KeyKind};
use ticketing::rules::show::Show;

use crate::{
    app::{App, CellServices},
    web::{Reply, caller::throttle_client, telemetry},
};

/// The cell of a reseller whose public shows anyone may read.
pub(crate) async fn open(
    app: &App,
    parts: &Parts,
    region: &str,
    reseller: ResellerId,
) -> Result<(CellServices, TenantTx), Reply> {
    let services = app.cell_of(region, reseller).await?;
    throttle_client(parts, app, &services).await?;
    telemetry::note_reseller(reseller);
    let tx = services.cell.tenant(reseller).await?;
    Ok((services, tx))
}

/// Refuses what is not public now, in the words for `what` was asked for and is not there.
pub(crate) async fn public(tx: &mut TenantTx, show: &Show, what: &'static str) -> Result<(), Error> {
    if show.is_public(tx.now().await?) { Ok(()) } else { Err(Refusal::missing(what).into()) }
}

/// The same for a caller with a key: a publishable one is in every browser and sees what anyone may.
pub(crate) async fn seen_by(tx: &mut TenantTx, caller: &Caller, show: &Show, what: &'static str) -> Result<(), Error> {
    if caller.kind == KeyKind::Publishable { public(tx, show, what).await } else { Ok(()) }
}
