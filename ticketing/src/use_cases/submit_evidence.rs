//! Hands a reseller's evidence in for a dispute. The provider takes it once; what it says of the dispute then is noted like any word
//! of it.

use foundation::{
    Cell, Code, Refusal, Result,
    id::{DisputeId, ResellerId},
};

use super::note_dispute::note_dispute;
use crate::{
    provider::Provider,
    rules::{
        evidence::Evidence,
        payment::{Dispute, DisputeState},
    },
    store::{disputes, payments},
};

/// Hands it in under a key of the caller's, so that the same call may be made again, and gives the dispute as it then is. No
/// transaction is open while the provider is asked.
///
/// # Errors
/// `not_found`; `dispute_not_open` if it is decided, or evidence was handed in before; the provider's.
pub async fn submit_evidence(
    cell: &Cell,
    provider: &Provider,
    reseller: ResellerId,
    id: DisputeId,
    evidence: &Evidence,
    key: &str,
) -> Result<Dispute> {
    let mut tx = cell.tenant(reseller).await?;
    let dispute = disputes::get(&mut tx, id).await?;
    let intent = payments::get(&mut tx, dispute.payment).await?.provider_intent;
    drop(tx);
    if !matches!(dispute.state, DisputeState::Inquiry | DisputeState::NeedsResponse) {
        let detail = format!("The dispute is {}.", dispute.state.as_str());
        return Err(Refusal::new(Code::DisputeNotOpen, detail).into());
    }
    let word = provider.submit_evidence(&dispute.provider_dispute, evidence, key).await?;
    let mut tx = cell.tenant(reseller).await?;
    note_dispute(&mut tx, intent.as_deref(), &dispute.provider_dispute, &word).await?;
    let dispute = disputes::get(&mut tx, id).await?;
    tx.commit().await?;
    Ok(dispute)
}
