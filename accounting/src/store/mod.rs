//! The SQL, and nothing else: every statement names its tenant, no rule is here.

pub(crate) mod adjustments;
pub(crate) mod balances;
pub(crate) mod books;
pub(crate) mod clearing;
pub(crate) mod comparisons;
pub(crate) mod fee_rules;
pub(crate) mod invariants;
pub(crate) mod journals;
pub(crate) mod open_periods;
pub(crate) mod performance_money;
pub(crate) mod places;
pub(crate) mod release_terms;
pub(crate) mod sales;
pub(crate) mod seals;
pub(crate) mod settlements;
