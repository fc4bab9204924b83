//! `GET /v1/credits/{credit_id}`

use foundation::id::CreditId;
use ticketing::store::credits;

use super::CreditView;
use crate::web::{Allowed, Answer, Path, Reply, scope::OrdersWrite};

/// Reads a credit with its code, which is as good as money: only who may sell sees it.
#[utoipa::path(get, path = "/v1/credits/{credit_id}", tag = "Credits", params(("credit_id" = CreditId, Path)), responses((status = 200, body = CreditView)))]
pub(crate) async fn get(allowed: Allowed<OrdersWrite>, Path(id): Path<CreditId>) -> Answer {
    let mut tx = allowed.snapshot().await?;
    let (credit, code) = (credits::get(&mut tx, id).await?, credits::code(&mut tx, id).await?);
    let version = credit.version;
    Reply::versioned(&CreditView::from(credit).with(&code), version)
}
