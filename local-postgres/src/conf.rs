//! The text of `postgresql.conf`, written anew before each start. A setting that an operator changes with
//! `alter system` is in another file and wins. It must never hold a secret.

use std::path::Path;

use crate::HOST;

/// What every `initdb` is told. Text sorts by code point, which is fast and never changes under an index when the
/// system's C library does, while upper and lower case are known beyond ASCII.
pub(crate) const INITDB: [&str; 6] =
    ["--username=postgres", "--encoding=UTF8", "--locale=C", "--lc-ctype=C.UTF-8", "--no-instructions", "--auth"];

/// The longest directory that leaves room for the socket's name in the 107 bytes that the kernel takes.
const LONGEST_SOCKET_DIRECTORY: usize = 85;

/// For data that must outlast a power cut.
pub(crate) fn lasting(port: u16, sockets: &Path, lz4: bool) -> String {
    let compression = if lz4 { "lz4" } else { "on" };
    common(port, sockets)
        + &format!(
            "max_connections = 200\nshared_buffers = 256MB\nmax_wal_size = 8GB\nwal_compression = {compression}\n\
             fsync = on\nsynchronous_commit = on\nfull_page_writes = on\n\
             # Plans made while a table was small are made anew once it is known to have grown; a minute of the default is\n\
             # long on the day of an opening.\nautovacuum_naptime = 5s\n"
        )
}

/// For data that nobody misses.
pub(crate) fn throw_away(port: u16, sockets: &Path) -> String {
    common(port, sockets)
        + "max_connections = 300\nshared_buffers = 64MB\nfsync = off\nsynchronous_commit = off\nfull_page_writes = off\n"
}

fn common(port: u16, sockets: &Path) -> String {
    let sockets = socket_directory(sockets);
    format!(
        "# Written by Stagedoor at each start; changes here are lost, `alter system` is kept.\n\
         listen_addresses = '{HOST}'\nport = {port}\nunix_socket_directories = '{sockets}'\n\
         password_encryption = 'scram-sha-256'\ntimezone = 'UTC'\nlog_timezone = 'UTC'\nlc_messages = 'C'\n\
         log_line_prefix = '%m [%p] %u@%d '\nlog_checkpoints = off\n"
    )
}

/// The directory as PostgreSQL's list of socket directories takes it, or nothing (then there is only TCP) where
/// the path is too long for a socket or could not be told from the list's own signs.
fn socket_directory(directory: &Path) -> &str {
    let plain = |path: &&str| path.len() <= LONGEST_SOCKET_DIRECTORY && !path.contains(['\'', '"', ',', '\\', '\n']);
    directory.to_str().filter(plain).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_no_socket_can_have_leaves_tcp_only() {
        assert_eq!(socket_directory(Path::new("/tmp/with space")), "/tmp/with space");
        assert_eq!(socket_directory(Path::new("/tmp/it's")), "");
        assert_eq!(socket_directory(Path::new(&format!("/{}", "x".repeat(90)))), "");
    }

    #[test]
    fn lasting_data_is_never_written_without_fsync() {
        let text = lasting(8709, Path::new("/tmp/s"), true);
        assert!(text.contains("\nfsync = on\n") && text.contains("\nwal_compression = lz4\n"), "{text}");
        assert_eq!(text.matches("= off").count(), text.matches("log_checkpoints = off").count(), "{text}");
        assert!(throw_away(1, Path::new("/tmp/s")).contains("\nfsync = off\n"));
    }
}
