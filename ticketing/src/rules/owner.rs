//! Who owns a ticket: the owners of an order's item, one after the other, and when it may change hands. Pure.

use std::collections::HashMap;

use foundation::{Code, Instant, Refusal, id::CredentialId, mail::Language, refusal::FieldErrors};

use super::{
    as_text,
    order::{Buyer, Credential, Order, OrderItem, OrderState, is_email, is_name},
    payment::{Dispute, Refund, RefundState},
    performance::{Performance, PerformanceState},
};

/// The most owners that one ticket may have had. It is a bound, not a policy: a ticket that changes hands that often is traded.
pub const OWNERS_MAX: i16 = 200;

/// Whose a ticket is, as far as known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TicketOwner {
    /// The name.
    pub name: Option<String>,
    /// The e-mail address, lower case.
    pub email: Option<String>,
    /// The language to write in; without one it is the reseller's.
    pub language: Option<Language>,
}

impl TicketOwner {
    /// Reads whom a ticket is to go to.
    ///
    /// # Errors
    /// `invalid_field`.
    pub fn parse(name: &str, email: &str, language: Option<Language>) -> Result<Self, Refusal> {
        let mut fields = FieldErrors::default();
        let name = read_name(&mut fields, name);
        let email = email.trim().to_lowercase();
        fields.check(is_email(&email), "/email", "is not an e-mail address");
        fields.done()?;
        Ok(Self { name: Some(name), email: Some(email), language })
    }

    /// The same person, whose name was wrong.
    ///
    /// # Errors
    /// `invalid_field`.
    pub fn renamed(&self, name: &str) -> Result<Self, Refusal> {
        let mut fields = FieldErrors::default();
        let name = read_name(&mut fields, name);
        fields.check(self.name.as_ref() != Some(&name), "/name", "is what it was");
        fields.done()?;
        Ok(Self { name: Some(name), ..self.clone() })
    }
}

fn read_name(fields: &mut FieldErrors, name: &str) -> String {
    let name = name.trim().to_owned();
    fields.check(is_name(&name), "/name", "must be 1 to 200 bytes of text");
    name
}

impl From<&Buyer> for TicketOwner {
    fn from(buyer: &Buyer) -> Self {
        let Buyer { name, email, language } = buyer.clone();
        Self { name, email, language }
    }
}

/// By what a ticket became somebody's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnerChange {
    /// Its order was paid: it is the buyer's.
    Purchased,
    /// The owner's name was corrected.
    Renamed,
    /// It was given to somebody else.
    Transferred,
    /// The owner has another ticket instead.
    Exchanged,
    /// It is worth nothing any more, and nobody's.
    Voided,
}

as_text! {
    OwnerChange {
        Purchased = "purchased", Renamed = "renamed", Transferred = "transferred", Exchanged = "exchanged", Voided = "voided"
    }
}

/// One of the owners of a ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ownership {
    /// Counts the owners of the ticket, from 1.
    pub no: i16,
    /// By what.
    pub change: OwnerChange,
    /// Who.
    pub owner: TicketOwner,
    /// The right to enter that is this owner's; none where the ticket is void.
    pub credential: Option<CredentialId>,
    /// Since when.
    pub since: Instant,
}

impl Ownership {
    /// The next one. A correction of a name leaves the right to enter as it is; whatever else makes another of it, so that the
    /// one before opens nothing any more.
    ///
    /// # Errors
    /// `too_many_owners`.
    pub fn followed_by(&self, change: OwnerChange, owner: TicketOwner, now: Instant) -> Result<Self, Refusal> {
        // What makes a ticket void always has room.
        if self.no >= OWNERS_MAX {
            let detail = format!("The ticket has had {OWNERS_MAX} owners or names, which is the most.");
            return Err(Refusal::new(Code::TooManyOwners, detail));
        }
        let credential = match change {
            OwnerChange::Renamed => self.credential,
            _ => Some(CredentialId::new()),
        };
        Ok(Self { no: self.no + 1, change, owner, credential, since: now })
    }
}

/// The owners that an order's tickets have now, by the item's number.
pub type Owners = HashMap<i16, Ownership>;

/// What decides, besides the order, whether a ticket of it may change hands.
#[derive(Debug, Clone, Copy)]
pub struct Standing<'a> {
    /// The ticket's performance.
    pub performance: &'a Performance,
    /// The order's refunds.
    pub refunds: &'a [Refund],
    /// The order's disputes.
    pub disputes: &'a [Dispute],
}

/// The order's ticket of this number, if it may be given away, renamed, exchanged or made void at this time.
///
/// # Errors
/// `not_found`, `order_not_paid`, `performance_cancelled`, `performance_over`, `refund_under_way`, `payment_disputed`, `ticket_void`,
/// `ticket_suspended`, `ticket_used`.
pub fn may_change_hands<'a>(
    order: &'a Order,
    no: i16,
    standing: &Standing<'_>,
    now: Instant,
) -> Result<&'a OrderItem, Refusal> {
    let item = order.item(no)?;
    let refuse = |code, detail: &'static str| Err(Refusal::new(code, detail));
    if order.state != OrderState::Paid {
        return refuse(Code::OrderNotPaid, "The order is not paid: its tickets are nobody's yet.");
    }
    takes_place(standing.performance, now)?;
    let goes_back = |refund: &Refund| refund.state == RefundState::Pending && refund.items.contains(&no);
    if standing.refunds.iter().any(goes_back) {
        return refuse(Code::RefundUnderWay, "The ticket is being given back for its money.");
    }
    if standing.disputes.iter().any(|dispute| dispute.state.takes_the_money()) {
        return refuse(
            Code::PaymentDisputed,
            "The payment is disputed: its tickets stay where they are until that is decided.",
        );
    }
    match item.credential {
        Credential::Issued => Ok(item),
        Credential::CheckedIn => refuse(Code::TicketUsed, "Somebody has entered with the ticket."),
        Credential::Suspended => {
            refuse(Code::TicketSuspended, "The ticket is suspended; reinstate the order if you trust its buyer.")
        }
        Credential::Voided | Credential::None => refuse(Code::TicketVoid, "The ticket is void."),
    }
}

/// Refuses what is of use only before the end of a performance that takes place.
///
/// # Errors
/// `performance_cancelled`, `performance_over`.
pub fn takes_place(performance: &Performance, now: Instant) -> Result<(), Refusal> {
    if performance.state == PerformanceState::Cancelled {
        return Err(Refusal::new(Code::PerformanceCancelled, "The performance does not take place."));
    }
    if now >= performance.times.ends_at {
        let detail = format!("The performance ended at {}.", performance.times.ends_at);
        return Err(Refusal::new(Code::PerformanceOver, detail));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first() -> Ownership {
        let owner = TicketOwner::parse("Ada", "ada@example.com", None).unwrap();
        let since = Instant::from_micros(0);
        Ownership { no: 1, change: OwnerChange::Purchased, owner, credential: Some(CredentialId::new()), since }
    }

    #[test]
    fn an_owner_has_a_name_and_an_address() {
        let owner = TicketOwner::parse(" Grace ", "Grace@Example.com", None).unwrap();
        assert_eq!((owner.name.as_deref(), owner.email.as_deref()), (Some("Grace"), Some("grace@example.com")));
        let both = TicketOwner::parse(" ", "grace", None).unwrap_err();
        assert_eq!(both.errors.iter().map(|error| error.pointer.as_str()).collect::<Vec<_>>(), ["/name", "/email"]);
    }

    #[test]
    fn a_corrected_name_is_another_one_of_the_same_person() {
        let owner = first().owner;
        let renamed = owner.renamed("Ada Lovelace").unwrap();
        assert_eq!((renamed.name.as_deref(), &renamed.email), (Some("Ada Lovelace"), &owner.email));
        for wrong in ["", "Ada", "a\nb"] {
            assert_eq!(owner.renamed(wrong).unwrap_err().errors[0].pointer, "/name", "{wrong}");
        }
    }

    #[test]
    fn only_a_corrected_name_leaves_the_right_to_enter_as_it_is() {
        let (first, now) = (first(), Instant::from_micros(1));
        let next = |change| first.followed_by(change, first.owner.clone(), now).unwrap();
        assert_eq!(next(OwnerChange::Renamed).credential, first.credential);
        for change in [OwnerChange::Transferred, OwnerChange::Exchanged] {
            let next = next(change);
            assert!(next.credential.is_some() && next.credential != first.credential, "{change:?}");
            assert_eq!((next.no, next.since), (2, now));
        }
        let last = Ownership { no: OWNERS_MAX, ..first.clone() };
        let full = last.followed_by(OwnerChange::Renamed, first.owner.clone(), now).unwrap_err();
        assert_eq!(full.code, Code::TooManyOwners);
    }
}
