//! platform-api
