//! What operators did to a reseller, and why.

use foundation::{Instant, Refusal, id::AuditId, refusal::FieldErrors};

use super::fields;

/// The most bytes of a reason.
const REASON_MAX: usize = 500;

/// One act of an operator.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct AuditEntry {
    /// Its id.
    #[sqlx(rename = "audit_id")]
    pub id: AuditId,
    /// Who.
    pub operator: String,
    /// What, as `noun.verb_past`.
    pub act: String,
    /// Why, in the operator's words.
    pub reason: String,
    /// When, by the real clock.
    pub at: Instant,
    /// What a test environment's own clock said then, where it was ahead.
    pub test_clock_at: Option<Instant>,
}

/// Whether an act says who and why.
///
/// # Errors
/// `invalid_field`.
pub(crate) fn check(operator: &str, reason: &str) -> Result<(), Refusal> {
    let mut wrong = FieldErrors::default();
    fields::name(&mut wrong, "/operator", operator);
    fields::line(&mut wrong, "/reason", reason, REASON_MAX);
    wrong.done()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_act_needs_a_name_and_a_reason() {
        assert!(check("ada", "unpaid invoices").is_ok());
        for (operator, reason, wrong) in [("", "why", "/operator"), ("ada", " ", "/reason"), ("ada", "a\nb", "/reason")]
        {
            let refusal = check(operator, reason).unwrap_err();
            assert_eq!(refusal.errors.iter().map(|e| e.pointer.as_str()).collect::<Vec<_>>(), [wrong]);
        }
        assert!(check("ada", &"x".repeat(REASON_MAX + 1)).is_err());
    }
}
