//! tenancy

pub mod webhook_endpoints;
