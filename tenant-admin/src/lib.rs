//! tenant-admin
