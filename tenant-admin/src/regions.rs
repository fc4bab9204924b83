//! `/regions/{region}`: what an operator sees of one region.

pub(crate) mod books;
pub(crate) mod comparisons;
pub(crate) mod resellers;
pub(crate) mod support_cases;
