//! The operators' HTTP interface of a region: look at resellers, suspend and reinstate them, read what was done.
//!
//! It speaks HTTP and holds no rule: every act is one use case of `tenancy`, in one transaction with its entry in the audit
//! log. It must be served on a port of its own that the public cannot reach, and never on the reseller's API.

mod body;
mod healthz;
mod once;
mod operator;
mod problem;
mod regions;
mod request;
mod session;

use std::sync::Arc;

use axum::{Router, extract::DefaultBodyLimit, middleware, routing};
use foundation::{Cell, Code, Refusal};

use self::problem::Problem;
pub use self::session::{NotMinted, session_token};

/// A cell and the key by which its operators' sessions are signed.
#[derive(Clone)]
pub struct AdminCell {
    /// The cell.
    pub cell: Cell,
    /// The region's secret for operators, the same in all cells of a region.
    pub operator_key: String,
}

/// The cells served, shared by all requests.
type Cells = Arc<[AdminCell]>;

/// The most bytes of a body: a reason and what is around it.
const BODY_MAX: usize = 16 * 1024;

/// The interface to these cells.
pub fn router(cells: Vec<AdminCell>) -> Router {
    Router::new()
        .route("/healthz", routing::get(healthz::get))
        .nest("/regions/{region}/books", regions::books::router())
        .route("/regions/{region}/comparisons", routing::get(regions::comparisons::list))
        .nest("/regions/{region}/resellers", regions::resellers::router())
        .route("/regions/{region}/support_cases", routing::get(regions::support_cases::list))
        .fallback(async || Problem::from(Refusal::new(Code::NotFound, "There is nothing at this address.")))
        .method_not_allowed_fallback(async || {
            Problem::from(Refusal::new(Code::MethodNotAllowed, "This address takes another method."))
        })
        .layer(DefaultBodyLimit::max(BODY_MAX))
        .layer(middleware::from_fn(request::wrap))
        .with_state(Cells::from(cells))
}
