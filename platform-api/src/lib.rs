//! The reseller's API: `/v1`, the provider's callbacks, and what operators look at.
//!
//! A face: it speaks HTTP and holds no rule. The folder tree below `v1` is the URL tree, one endpoint a file; a handler
//! extracts, calls one use case and shows the result. What all of them share (keys, problems, idempotency, ETags,
//! throttling, telemetry) is in `web`, once.

mod app;
pub mod catalogue;
mod documents;
mod listen;
mod operations;
mod router;
mod v1;
mod web;

pub use app::{ApiSettings, App, CellServices, Region, StreamLimits};
pub use listen::listen;
pub use router::{openapi, router};
pub use v1::holds::render_hold;
