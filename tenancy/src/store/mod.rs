//! The SQL. Every statement names its tenant, besides row-level security.

pub(crate) mod api_keys;
pub(crate) mod audit_log;
pub(crate) mod resellers;
pub(crate) mod tenants;
pub(crate) mod test_clocks;
