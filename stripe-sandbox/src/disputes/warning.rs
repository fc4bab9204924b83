//! Early fraud warnings: raised by the bank, and of no more use once the charge was refunded or disputed.

use serde_json::{Value, json};

use crate::book::{Book, Context};
use crate::disputes::taken;
use crate::error::Error;
use crate::ids;
use crate::objects::charge::Charge;
use crate::objects::early_fraud_warning::EarlyFraudWarning;

impl Book {
    /// The bank believes that the charge is fraud. It says so once.
    pub(crate) fn warn_of_fraud(&mut self, context: &Context, charge: &str) -> Result<Value, Error> {
        let mut charge = taken(self, charge)?;
        if charge.fraud_warning.is_some() {
            return Err(Error::refused(&format!("Charge {} has an early fraud warning already.", charge.id)));
        }
        let warning = EarlyFraudWarning {
            id: ids::fresh("issfr"),
            actionable: charge.refundable() > 0 && charge.disputes.is_empty(),
            charge: charge.id.clone(),
            created: context.now(),
            fraud_type: "unauthorized_use_of_card".to_owned(),
            payment_intent: charge.payment_intent.clone(),
        };
        charge.fraud_warning = Some(warning.id.clone());
        self.put_charge(charge);
        let json = warning.to_json();
        self.put_fraud_warning(warning);
        self.emit(context, "radar.early_fraud_warning.created", &json, None);
        Ok(json)
    }

    /// Nothing is left to do about the charge's warning.
    pub(super) fn settle_warning(&mut self, context: &Context, charge: &Charge) {
        let warning = charge.fraud_warning.as_ref().and_then(|id| self.fraud_warnings.get(id));
        let Some(mut warning) = warning.filter(|warning| warning.actionable).cloned() else {
            return;
        };
        warning.actionable = false;
        let json = warning.to_json();
        self.put_fraud_warning(warning);
        self.emit(context, "radar.early_fraud_warning.updated", &json, Some(&json!({"actionable": true})));
    }
}
