//! What all endpoints share.

pub(crate) mod body;
pub(crate) mod caller;
pub(crate) mod client;
pub(crate) mod etag;
pub(crate) mod history;
pub(crate) mod list;
pub(crate) mod path;
pub(crate) mod problem;
pub(crate) mod reply;
pub(crate) mod streams;
pub(crate) mod telemetry;

pub(crate) use body::{Body, Keyed};
pub(crate) use caller::{Allowed, scope};
pub(crate) use etag::IfMatch;
pub(crate) use list::{ListOf, Query};
pub(crate) use path::Path;
pub(crate) use problem::Problem;
pub(crate) use reply::{Answer, Reply};
