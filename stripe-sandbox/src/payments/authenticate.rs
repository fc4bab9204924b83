//! 3-D Secure: the buyer proves to the bank who they are, and the payment goes on; or does not, and another method is needed.

use serde::Deserialize;
use serde_json::Value;

use crate::book::{Book, Context};
use crate::decline::Decline;
use crate::error::Error;
use crate::objects::payment_intent::{Attempt, NextAction, PaymentIntent, Status};

/// How the buyer leaves the bank's page. One who just goes away leaves the payment as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    Complete,
    Fail,
}

impl Book {
    /// Sends the buyer to the bank's page.
    pub(crate) fn require_action(
        &mut self,
        context: &Context,
        mut intent: PaymentIntent,
        return_url: Option<String>,
    ) -> Value {
        let url = format!("{}/3d-secure/{}?client_secret={}", context.address, intent.id, intent.client_secret);
        intent.status = Status::RequiresAction;
        intent.last_failure = None;
        intent.next_action = Some(NextAction { url, return_url });
        self.put_changed(context, intent, "payment_intent.requires_action")
    }

    /// The buyer leaves the bank's page. Answers with the intent as it is then, declined or not.
    pub(crate) fn authenticate(&mut self, context: &Context, id: &str, outcome: Outcome) -> Result<Value, Error> {
        let mut intent = self.intent(id)?;
        let method = intent.payment_method.as_ref().and_then(|id| self.methods.get(id)).cloned();
        let (Status::RequiresAction, Some(method)) = (intent.status, method) else {
            let message = format!(
                "There is nothing to authenticate: this PaymentIntent has a status of {}, not requires_action.",
                intent.status.as_str()
            );
            return Err(Error::unexpected_state(&message, intent.to_json()));
        };
        intent.next_action = None;
        let ended = match outcome {
            Outcome::Complete => self.charge(context, intent, method, true),
            Outcome::Fail => {
                let decline = Decline::AuthenticationFailed;
                Err(self.give_up(context, intent, &Attempt { decline, charge: None, payment_method: method }))
            }
        };
        match ended {
            Ok(json) => Ok(json),
            // The buyer did what was asked; that the payment failed is told by the intent.
            Err(_) => self.intent(id).map(|intent| intent.to_json()),
        }
    }
}
