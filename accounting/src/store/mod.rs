//! The SQL, and nothing else: every statement names its tenant, no rule is here.

pub(crate) mod balances;
pub(crate) mod fee_rules;
pub(crate) mod invariants;
pub(crate) mod journals;
pub(crate) mod sales;
pub(crate) mod seals;
