//! `GET /v1/settlements/{settlement_id}/statement.pdf`

use accounting::settlement;
use foundation::id::SettlementId;

use super::read;
use crate::{
    documents,
    web::{Allowed, Answer, Path, Reply, scope::SettlementsRead},
};

/// Reads a settlement as PDF: what it tells, for people.
#[utoipa::path(get, path = "/v1/settlements/{settlement_id}/statement.pdf", tag = "Finance", params(("settlement_id" = SettlementId, Path)), responses((status = 200, description = "The statement.", body = inline(documents::Pdf), content_type = "application/pdf")))]
pub(crate) async fn get(allowed: Allowed<SettlementsRead>, Path(id): Path<SettlementId>) -> Answer {
    let told = read(&settlement(&mut allowed.snapshot().await?, id).await?)?;
    let pdf = documents::laid_out(move || documents::statement::statement(&told)).await?;
    Ok(Reply::raw(documents::answer(pdf, &format!("statement_{id}"))))
}
