//! What a buyer's bank does after a payment: it warns of fraud, asks, takes the money back, and decides. Pure, like the payments.

mod answer;
mod open;
mod trouble;
mod verdict;
mod warning;

pub(crate) use answer::Answer;
pub(crate) use open::Complaint;

use crate::book::{Book, Context};
use crate::error::Error;
use crate::objects::charge::{Charge, Status};
use crate::objects::dispute::Dispute;

impl Book {
    pub(crate) fn dispute(&self, id: &str) -> Result<&Dispute, Error> {
        self.disputes.get(id).ok_or_else(|| Error::no_such("dispute", id, "dispute"))
    }

    /// The charge was refunded in full: the bank has nothing left to ask for, and a warning needs no answer any more.
    pub(crate) fn all_refunded(&mut self, context: &Context, charge: &Charge) {
        let inquiry = charge.disputes.iter().filter_map(|id| self.disputes.get(id)).find(|dispute| {
            let status = dispute.status;
            status.is_inquiry() && !status.is_closed()
        });
        if let Some(inquiry) = inquiry.cloned() {
            self.close_inquiry(context, inquiry);
        }
        self.settle_warning(context, charge);
    }
}

/// A charge that the bank can complain about: its money was taken.
fn taken(book: &Book, id: &str) -> Result<Charge, Error> {
    let charge = book.charges.get(id).ok_or_else(|| Error::no_such("charge", id, "charge"))?;
    if charge.status != Status::Succeeded || charge.amount_captured == 0 {
        return Err(Error::refused(&format!("No money was taken with charge {id}, so its bank has no complaint.")));
    }
    Ok(charge.clone())
}
