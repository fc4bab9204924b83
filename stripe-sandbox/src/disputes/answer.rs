//! The seller's answer: evidence, staged or submitted, or giving up.

use serde_json::{Value, json};

use crate::book::{Book, Context, Task};
use crate::error::Error;
use crate::metadata::Change;
use crate::objects::dispute::{Dispute, EVIDENCE, Status, Verdict};
use crate::params::Params;

/// The most characters that one field and all evidence may have.
const LONGEST_FIELD: usize = 20_000;
const LONGEST_EVIDENCE: usize = 150_000;

/// What the seller says. An empty field is taken away.
#[derive(Debug)]
pub(crate) struct Answer {
    evidence: Vec<(&'static str, String)>,
    metadata: Option<Change>,
    submit: Option<bool>,
}

impl Answer {
    pub(crate) fn parse(mut params: Params) -> Result<Self, Error> {
        let mut evidence = Vec::new();
        if let Some(mut given) = params.nested("evidence")? {
            for field in EVIDENCE {
                if let Some(text) = given.string(field)? {
                    if text.chars().count() > LONGEST_FIELD {
                        let message = format!("Evidence can have up to {LONGEST_FIELD} characters a field.");
                        return Err(Error::parameter("parameter_invalid", &message, &format!("evidence[{field}]")));
                    }
                    evidence.push((*field, text));
                }
            }
            // What the networks compare by themselves: taken, and of no consequence here.
            given.ignore(&["enhanced_evidence"]);
            given.finish()?;
        }
        let answer = Self { evidence, metadata: params.metadata()?, submit: params.boolean("submit")? };
        params.finish()?;
        Ok(answer)
    }
}

impl Book {
    /// Takes the evidence and, unless it shall only be staged, hands it to the bank.
    pub(crate) fn answer_dispute(&mut self, context: &Context, id: &str, answer: &Answer) -> Result<Value, Error> {
        let mut dispute = self.dispute(id)?.clone();
        let before = self.dispute_json(&dispute, context.now());
        if let Some(change) = &answer.metadata {
            change.apply(&mut dispute.metadata)?;
        }
        // As at Stripe, evidence is submitted unless the request says otherwise; metadata alone submits nothing.
        let submit = answer.submit.unwrap_or(!answer.evidence.is_empty());
        if submit || !answer.evidence.is_empty() {
            if dispute.status.is_closed() {
                return Err(Error::refused("This dispute is already closed."));
            }
            if !dispute.status.needs_response() {
                return Err(Error::refused(
                    "Evidence for this dispute was submitted already; the bank is looking at it.",
                ));
            }
            add_evidence(&mut dispute, answer)?;
        }
        if submit {
            self.submit_evidence(context, &mut dispute);
        }
        let json = self.dispute_json(&dispute, context.now());
        self.put_dispute(dispute);
        let previous = changed(&before, &json);
        self.emit(context, "charge.dispute.updated", &json, Some(&previous));
        Ok(json)
    }

    fn submit_evidence(&mut self, context: &Context, dispute: &mut Dispute) {
        dispute.submissions += 1;
        dispute.status = match dispute.status {
            Status::WarningNeedsResponse => Status::WarningUnderReview,
            _ => Status::UnderReview,
        };
        let text = dispute.evidence.get("uncategorized_text").map(String::as_str).unwrap_or_default();
        if let Some(verdict) = Verdict::of_evidence(text) {
            let at = context.now_ms + context.delays.verdict_ms;
            dispute.verdict = Some((at, verdict));
            self.schedule(at, Task::Verdict(dispute.id.clone()));
        }
    }

    /// The seller gives up.
    pub(crate) fn give_up_dispute(&mut self, context: &Context, id: &str) -> Result<Value, Error> {
        let dispute = self.dispute(id)?.clone();
        if dispute.status.is_closed() {
            return Err(Error::refused("This dispute is already closed."));
        }
        Ok(self.decide(context, dispute, Verdict::Lost))
    }
}

fn add_evidence(dispute: &mut Dispute, answer: &Answer) -> Result<(), Error> {
    for (field, text) in &answer.evidence {
        if text.is_empty() {
            dispute.evidence.remove(*field);
        } else {
            dispute.evidence.insert((*field).to_owned(), text.clone());
        }
    }
    if dispute.evidence.values().map(|text| text.chars().count()).sum::<usize>() > LONGEST_EVIDENCE {
        let message = format!("All evidence together can have up to {LONGEST_EVIDENCE} characters.");
        return Err(Error::parameter("parameter_invalid", &message, "evidence"));
    }
    Ok(())
}

/// The former values of what differs.
fn changed(before: &Value, after: &Value) -> Value {
    let fields = before.as_object().into_iter().flatten();
    Value::Object(
        fields
            .filter(|(name, value)| after.get(name.as_str()) != Some(value))
            .map(|(name, value)| (name.clone(), json!(value)))
            .collect(),
    )
}
