//! How much may be written, and when. Pure.

use foundation::{Code, Refusal, refusal::FieldErrors};

use super::{CaseState, NewCase, SupportCase};
use crate::rules::fields::line;

/// The most bytes of a subject.
pub const SUBJECT_MAX: usize = 200;
/// The most bytes of a message.
pub const TEXT_MAX: usize = 10_000;
/// The most messages of a case.
pub const MESSAGES_MAX: i32 = 500;
/// The most cases of a reseller that are neither resolved nor closed.
pub const OPEN_MAX: i64 = 100;

/// Checks a case to be opened.
///
/// # Errors
/// `invalid_field` naming each wrong field.
pub(super) fn check_new(new: &NewCase) -> Result<(), Refusal> {
    let mut wrong = FieldErrors::default();
    line(&mut wrong, "/subject", &new.subject, SUBJECT_MAX);
    text(&mut wrong, &new.text);
    let of_order = new.item_no.is_none() || new.order_id.is_some();
    wrong.check(of_order, "/order_id", "is missing: an item is one of an order");
    wrong.done()
}

/// Checks what is to be written.
///
/// # Errors
/// `invalid_field`.
pub(super) fn check_text(given: &str) -> Result<(), Refusal> {
    let mut wrong = FieldErrors::default();
    text(&mut wrong, given);
    wrong.done()
}

fn text(wrong: &mut FieldErrors, text: &str) {
    let allowed = |c: char| !c.is_control() || matches!(c, '\n' | '\r' | '\t');
    let fits = !text.trim().is_empty() && text.len() <= TEXT_MAX && text.chars().all(allowed);
    wrong.check(fits, "/text", format!("must be 1 to {TEXT_MAX} bytes of text"));
}

/// Refuses what nothing is done to any more.
///
/// # Errors
/// `case_closed`.
pub(super) fn not_closed(case: &SupportCase) -> Result<(), Refusal> {
    if case.state != CaseState::Closed {
        return Ok(());
    }
    Err(Refusal::new(Code::CaseClosed, "The case is closed; open another one and name this one in it."))
}

/// Refuses what a locked case is past, or has no room for.
///
/// # Errors
/// `case_closed`, `case_not_open`.
pub(super) fn may_become(case: &SupportCase, to: CaseState) -> Result<(), Refusal> {
    not_closed(case)?;
    // Whoever has the word may say more; what is resolved is resolved once.
    let goes_on = case.state == to && to != CaseState::Resolved;
    if goes_on || case.state.next().contains(&to) {
        return Ok(());
    }
    Err(Refusal::new(Code::CaseNotOpen, "The case is resolved; it opens again when the reseller writes."))
}

/// Refuses another message where there are as many as may be.
///
/// # Errors
/// `case_full`.
pub(super) fn has_room(case: &SupportCase) -> Result<(), Refusal> {
    if case.messages < MESSAGES_MAX {
        return Ok(());
    }
    let detail = format!("The case has {MESSAGES_MAX} messages; open another one and name this one in it.");
    Err(Refusal::new(Code::CaseFull, detail))
}

#[cfg(test)]
mod tests {
    use foundation::id::OrderId;

    use super::{super::Category, *};

    fn new(subject: &str, text: &str) -> NewCase {
        let (subject, text) = (subject.to_owned(), text.to_owned());
        let (order_id, item_no, payment_id, payout_id) = (None, None, None, None);
        NewCase { category: Category::Sales, subject, text, order_id, item_no, payment_id, payout_id }
    }

    #[test]
    fn every_wrong_field_is_named() {
        assert!(check_new(&new("Where is my money?", "It has not come.\nSince May.")).is_ok());
        let bad = NewCase { item_no: Some(1), ..new("two\nlines", " ") };
        let pointers: Vec<_> = check_new(&bad).unwrap_err().errors.into_iter().map(|e| e.pointer).collect();
        assert_eq!(pointers, ["/subject", "/text", "/order_id"]);
        assert!(check_new(&NewCase { item_no: Some(1), order_id: Some(OrderId::new()), ..new("s", "t") }).is_ok());
        for wrong in ["\0", &"x".repeat(TEXT_MAX + 1)] {
            assert_eq!(check_text(wrong).unwrap_err().errors[0].pointer, "/text");
        }
    }

    #[test]
    fn what_is_closed_stays_closed_and_everything_else_can_be() {
        assert!(CaseState::Closed.next().is_empty());
        for state in CaseState::ALL.iter().filter(|state| **state != CaseState::Closed) {
            assert!(state.next().contains(&CaseState::Closed), "{state:?}");
        }
    }
}
