//! Notes a fraud warning: the card's issuer believes that a payment was fraud. No money has moved; a refund now averts a dispute.
//! The tickets open no door until a person has decided.

use foundation::{Refusal, Result, TenantTx, event, id::FraudWarningId};
use serde_json::json;

use super::note_dispute::turn;
use crate::{
    provider::FraudWord,
    rules::{order::Credential, payment::FraudWarning},
    store::{disputes, orders, payments},
};

/// Notes it, once however often it is told.
///
/// # Errors
/// `not_found` if the payment is not ours; the database's.
pub async fn note_fraud_warning(
    tx: &mut TenantTx,
    intent: Option<&str>,
    provider_warning: &str,
    word: &FraudWord,
) -> Result<()> {
    let payment = payments::of_intent(tx, intent.ok_or_else(|| Refusal::missing("payment"))?).await?;
    let mut order = orders::lock(tx, payment.order).await?;
    let warning = FraudWarning {
        id: FraudWarningId::new(),
        order: order.id,
        payment: payment.id,
        provider_warning: provider_warning.to_owned(),
        fraud_type: word.fraud_type.clone(),
        actionable: word.actionable,
        created_at: tx.now().await?,
        version: 1,
    };
    let Some(warning) = disputes::put_warning(tx, &warning).await? else { return Ok(()) };
    let data = json!({
        "id": warning.id, "order_id": warning.order, "payment_id": warning.payment, "fraud_type": warning.fraud_type,
        "actionable": warning.actionable,
    });
    let told = event::NewEvent::of("payment.fraud_warning", "fraud_warning", warning.id, warning.version, data);
    event::append(tx, &[told]).await?;
    if warning.version > 1 {
        return Ok(());
    }
    turn(tx, &mut order, Credential::Issued, Credential::Suspended).await
}
