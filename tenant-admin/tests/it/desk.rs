//! What the tests have in common: a region with its operators' interface, and requests to it.

use std::time::Duration;

use axum::{
    Router,
    body::{self, Body},
    http::{Request, StatusCode},
};
use foundation::{
    Cell,
    id::{AdjustmentId, ResellerId},
};
use serde_json::Value;
use tenancy::{AccountForm, NewAccount, Registered};
use tenant_admin::{AdminCell, router, session_token};
use testkit::Database;
use tower::ServiceExt as _;

pub(crate) const HOUR: Duration = Duration::from_hours(1);

/// The key of a region's operators.
pub(crate) fn operator_key(region: &str) -> String {
    format!("the operators' key of the region {region}")
}

/// The interface to these databases, each in the region it was made in.
pub(crate) fn interface(databases: &[&Database]) -> Router {
    let admin = |db: &&Database| AdminCell { cell: db.cell().clone(), operator_key: operator_key(db.cell().region()) };
    router(databases.iter().map(admin).collect())
}

/// Seconds since 1970, by the database's clock.
pub(crate) async fn now(cell: &Cell) -> i64 {
    cell.tenant(ResellerId::new()).await.unwrap().now().await.unwrap().as_seconds()
}

/// A session of Ada's in the database's region.
pub(crate) async fn ada(db: &Database) -> String {
    let region = db.cell().region();
    session_token(&operator_key(region), "ada", region, HOUR, now(db.cell()).await).unwrap()
}

pub(crate) async fn account(db: &Database) -> Registered {
    let form = AccountForm {
        name: "Stadium".to_owned(),
        email: "office@stadium.example".to_owned(),
        country: "NL".to_owned(),
        currency: "EUR".to_owned(),
        legal_name: "Stadium BV".to_owned(),
        address: "Street 1".to_owned(),
        tax_id: None,
    };
    tenancy::register(db.cell(), &NewAccount::parse(form).unwrap()).await.unwrap()
}

/// Sends a request and reads the answer, which is always JSON.
pub(crate) async fn send(interface: &Router, request: Request<Body>) -> (StatusCode, Value) {
    let response = interface.clone().oneshot(request).await.unwrap();
    let status = response.status();
    let bytes = body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
    (status, serde_json::from_slice(&bytes).unwrap())
}

pub(crate) async fn get(interface: &Router, session: &str, path: &str) -> (StatusCode, Value) {
    let request = Request::get(path).header("authorization", format!("Bearer {session}"));
    send(interface, request.body(Body::empty()).unwrap()).await
}

pub(crate) async fn post(interface: &Router, session: &str, path: &str, body: &str) -> (StatusCode, Value) {
    post_keyed(interface, session, (path, &AdjustmentId::new().to_string()), body).await
}

/// The same with a key of one's own.
pub(crate) async fn post_keyed(
    interface: &Router,
    session: &str,
    (path, key): (&str, &str),
    body: &str,
) -> (StatusCode, Value) {
    let mut request = Request::post(path)
        .header("authorization", format!("Bearer {session}"))
        .header("content-type", "application/json; charset=utf-8");
    if !key.is_empty() {
        request = request.header("idempotency-key", key);
    }
    send(interface, request.body(Body::from(body.to_owned())).unwrap()).await
}
