//! The trouble that a test card stands for, some time after its payment.

use crate::behaviour::{Behaviour, Trouble};
use crate::book::{Book, Context, Task};
use crate::disputes::Complaint;
use crate::objects::charge::Charge;
use crate::objects::dispute::Reason;

impl Book {
    /// Puts the card's trouble on the agenda, if it is one that makes any.
    pub(crate) fn expect_trouble(&mut self, context: &Context, charge: &mut Charge) {
        let Behaviour::Trouble(trouble) = charge.payment_method.behaviour else {
            return;
        };
        let wait = match trouble {
            Trouble::FraudWarning => context.delays.fraud_warning_ms,
            _ => context.delays.dispute_ms,
        };
        let at = context.now_ms + wait;
        charge.trouble_at_ms = Some(at);
        self.schedule(at, Task::Trouble(charge.id.clone()));
    }

    /// The trouble comes; where everything was refunded meanwhile, the bank stays quiet.
    pub(crate) fn make_trouble(&mut self, context: &Context, id: &str) {
        let Some(mut charge) = self.charges.get(id).filter(|charge| charge.trouble_at_ms.is_some()).cloned() else {
            return;
        };
        let behaviour = charge.payment_method.behaviour;
        charge.trouble_at_ms = None;
        self.put_charge(charge);
        let Behaviour::Trouble(trouble) = behaviour else {
            return;
        };
        // A refusal means that nothing is left to complain about, and nobody waits for the answer.
        drop(match trouble {
            Trouble::FraudWarning => self.warn_of_fraud(context, id),
            Trouble::DisputeFraudulent => self.open_dispute(context, id, Complaint::of(Reason::FRAUDULENT)),
            Trouble::DisputeNotReceived => self.open_dispute(context, id, Complaint::of(Reason::NOT_RECEIVED)),
            Trouble::Inquiry => {
                self.open_dispute(context, id, Complaint { inquiry: true, ..Complaint::of(Reason::GENERAL) })
            }
        });
    }
}
