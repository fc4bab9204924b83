//! `GET /v1/settlements/{settlement_id}/fee_invoice.pdf`

use accounting::settlement;
use foundation::{Refusal, id::SettlementId};

use super::read;
use crate::{
    documents,
    web::{Allowed, Answer, Path, Reply, scope::SettlementsRead},
};

/// Reads the invoice of the platform's fees in a settlement as PDF: what its `fee_invoice` tells, for people.
#[utoipa::path(get, path = "/v1/settlements/{settlement_id}/fee_invoice.pdf", tag = "Finance", params(("settlement_id" = SettlementId, Path)), responses((status = 200, description = "The invoice.", body = inline(documents::Pdf), content_type = "application/pdf")))]
pub(crate) async fn get(allowed: Allowed<SettlementsRead>, Path(id): Path<SettlementId>) -> Answer {
    let told = read(&settlement(&mut allowed.snapshot().await?, id).await?)?;
    let invoice = told.fee_invoice.ok_or_else(|| Refusal::missing("fee invoice"))?;
    let number = invoice.number.clone();
    let pdf = documents::laid_out(move || documents::fee_invoice::fee_invoice(&invoice)).await?;
    Ok(Reply::raw(documents::answer(pdf, &number)))
}
