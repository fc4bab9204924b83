//! The operators' interface through its real router, on a real PostgreSQL.
#![expect(clippy::unwrap_used, reason = "what a test cannot do fails the test")]

mod acts;
mod adjustments;
mod books;
mod comparisons;
mod desk;
mod document;
mod fee_rules;
mod hosting_terms;
mod lists;
mod release_terms;
mod sessions;
mod support_cases;
