//! `GET /v1/settlements/{settlement_id}/credit_note.pdf`

use accounting::settlement;
use foundation::{Refusal, id::SettlementId};

use super::read;
use crate::{
    documents,
    web::{Allowed, Answer, Path, Reply, scope::SettlementsRead},
};

/// Reads the credit note of fees that were given back in a settlement and that earlier invoices have, as PDF: what its `credit_note` tells, for
/// people.
#[utoipa::path(get, path = "/v1/settlements/{settlement_id}/credit_note.pdf", tag = "Finance", params(("settlement_id" = SettlementId, Path)), responses((status = 200, description = "The credit note.", body = inline(documents::Pdf), content_type = "application/pdf")))]
pub(crate) async fn get(allowed: Allowed<SettlementsRead>, Path(id): Path<SettlementId>) -> Answer {
    let told = read(&settlement(&mut allowed.snapshot().await?, id).await?)?;
    let note = told.credit_note.ok_or_else(|| Refusal::missing("credit note"))?;
    let number = note.number.clone();
    let pdf = documents::laid_out(move || documents::fee_invoice::fee_invoice(&note)).await?;
    Ok(Reply::raw(documents::answer(pdf, &number)))
}
