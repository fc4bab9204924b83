//! Ticketing: venues, layouts, shows, performances, inventory, holds, orders, payments, refunds.
//!
//! Three places: [`rules`] is pure, [`use_cases`] has one verb a file, [`store`] is the SQL. Beside them stand the
//! machines that make selling fast, [`inventory`] (memory proposes) and [`lanes`] (holds are combined; what follows them is taken `together`), the [`plans`] of layouts in
//! memory, and the [`provider`] (the payment provider's adapter). It knows no HTTP of ours and names no face.

pub mod inventory;
pub mod lanes;
pub mod plans;
pub mod provider;
pub mod rules;
pub mod store;
mod together;
pub mod use_cases;
pub mod verify;
