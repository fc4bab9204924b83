//! The SQL, and nothing else: every statement names its tenant, no rule is here.

pub(crate) mod balances;
pub(crate) mod books;
pub(crate) mod fee_rules;
pub(crate) mod invariants;
pub(crate) mod journals;
pub(crate) mod places;
pub(crate) mod sales;
pub(crate) mod seals;
pub(crate) mod settlements;
