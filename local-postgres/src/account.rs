//! The operating system's user that PostgreSQL runs as. It must never be root.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, fchown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

/// The user `nobody` of every Debian.
const NOBODY: u32 = 65534;

/// A user and group, and whether programs must be switched to them because we are root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) uid: u32,
    gid: u32,
    switch: bool,
}

impl Account {
    /// Ourselves; or, if we are root, the user `postgres` if the machine has it, otherwise `nobody`.
    pub(crate) fn unprivileged() -> Self {
        let (uid, gid) = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
        if uid != 0 {
            return Self { uid, gid, switch: false };
        }
        let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
        let (uid, gid) = user_postgres(&users).unwrap_or((NOBODY, NOBODY));
        Self { uid, gid, switch: true }
    }

    /// Whether we are root, and so may act as any user.
    pub(crate) fn switches(self) -> bool {
        self.switch
    }

    /// The owner of `directory` where we are root and it is an ordinary user's; otherwise unchanged. Data that was
    /// made by an ordinary user stays theirs when root starts it later.
    pub(crate) fn or_owner_of(self, directory: &Path) -> Self {
        match fs::metadata(directory) {
            Ok(owner) if self.switch && owner.uid() != 0 => Self { uid: owner.uid(), gid: owner.gid(), switch: true },
            _ => self,
        }
    }

    /// A command that runs as this user, away from our directory, input and environment: none of ours may be
    /// readable for that user, and a stray `PGDATA` must not choose another cluster.
    pub(crate) fn command(self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir("/").stdin(Stdio::null()).env_clear().env("PATH", "/usr/bin:/bin").env("LC_ALL", "C");
        if self.switch {
            // The standard library also clears the supplementary groups when root gives itself up.
            command.uid(self.uid).gid(self.gid);
        }
        command
    }

    /// Whether this user may enter `directory`, asked of the kernel itself, so that access lists count as well.
    pub(crate) fn may_enter(self, directory: &Path) -> bool {
        let mut entering = self.command(Path::new("/bin/sh"));
        entering.args(["-c", "cd \"$1\"", "sh"]).arg(directory).stdout(Stdio::null()).stderr(Stdio::null());
        entering.status().is_ok_and(|status| status.success())
    }

    /// Makes `directory` (not its parents), for this user only, unless it exists.
    pub(crate) fn make_directory(self, directory: &Path) -> io::Result<()> {
        match fs::DirBuilder::new().mode(0o700).create(directory) {
            Ok(()) => std::os::unix::fs::chown(directory, Some(self.uid), Some(self.gid)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Writes a file that only this user may read, replacing an old one. The file is always made anew: root must
    /// not write through a link that the user has put there.
    pub(crate) fn write(self, path: &Path, text: &str) -> io::Result<()> {
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        fchown(&file, Some(self.uid), Some(self.gid))?;
        file.write_all(text.as_bytes())?;
        file.sync_all()
    }
}

/// User and group id of `postgres` in the text of `/etc/passwd`.
fn user_postgres(users: &str) -> Option<(u32, u32)> {
    let line = users.lines().find(|line| line.starts_with("postgres:"))?;
    let mut fields = line.split(':').skip(2);
    let uid = fields.next()?.parse().ok().filter(|uid| *uid != 0)?;
    Some((uid, fields.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_user_postgres_but_never_root_under_its_name() {
        assert_eq!(user_postgres("root:x:0:0::/:\npostgres:x:101:104:,,,:/var/lib:/bin/sh\n"), Some((101, 104)));
        assert_eq!(user_postgres("root:x:0:0::/:\n"), None);
        assert_eq!(user_postgres("postgres:x:0:0::/:\n"), None);
    }
}
