//! The directory that a lasting cluster belongs to: who holds it, where the data is, the superuser's password.
//! It must never be held by two programs at once.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::Trouble;
use crate::account::Account;

/// Where the data lives if PostgreSQL's user may not enter the home.
const ELSEWHERE: &str = "/var/lib/stagedoor";

/// A home that this process holds until the value is dropped or the process ends, however it ends.
#[derive(Debug)]
pub(crate) struct Home {
    path: PathBuf,
    lock: File,
}

impl Home {
    /// Makes the directory if need be and takes it for this process.
    pub(crate) fn open(path: &Path) -> Result<Self, Trouble> {
        let path = make(path).map_err(|error| not_writable(path, error))?;
        let lock = lock(&path)?;
        Ok(Self { path, lock })
    }

    /// The superuser's password, if one was kept.
    pub(crate) fn password(&self) -> Result<Option<String>, Trouble> {
        let path = self.password_file();
        match fs::read_to_string(&path) {
            Ok(text) => Ok(Some(text.trim().to_owned()).filter(|text| !text.is_empty())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(not_writable(&path, error)),
        }
    }

    /// Keeps the superuser's password, for our own user only; complete or not at all.
    pub(crate) fn keep_password(&self, password: &str) -> Result<(), Trouble> {
        let path = self.password_file();
        let unfinished = path.with_extension("unfinished");
        let written = write_private(&unfinished, password).and_then(|()| fs::rename(&unfinished, &path));
        written.map_err(|error| not_writable(&path, error))
    }

    /// The directory of the cluster and the user it belongs to: in the home, or elsewhere if that user may not
    /// enter the home; then `postgres.location` says where.
    pub(crate) fn place(&self) -> Result<(PathBuf, Account), Trouble> {
        let us = Account::unprivileged();
        let place = self.choose_place(us)?;
        let account = us.or_owner_of(&place);
        account.make_directory(&place).map_err(|error| not_writable(&place, error))?;
        let owner = fs::metadata(&place).map_err(|error| not_writable(&place, error))?.uid();
        if owner != account.uid {
            return Err(Trouble::OtherOwner { directory: place, owner });
        }
        Ok((place, account))
    }

    fn choose_place(&self, account: Account) -> Result<PathBuf, Trouble> {
        let note = self.path.join("postgres.location");
        if let Some(place) = fs::read_to_string(&note).ok().and_then(|text| text.lines().next().map(PathBuf::from)) {
            return Ok(place);
        }
        let inside = self.path.join("postgres");
        let account = account.or_owner_of(&inside);
        if !account.switches() || account.may_enter(&self.path) {
            return Ok(inside);
        }
        let digest = Sha256::digest(self.path.as_os_str().as_encoded_bytes());
        let place = Path::new(ELSEWHERE).join(hex::encode(digest.get(..6).unwrap_or_default()));
        make(Path::new(ELSEWHERE)).map_err(|error| not_writable(Path::new(ELSEWHERE), error))?;
        let text = format!(
            "{}\nPostgreSQL's data is there, because the user that it runs as may not enter this directory.\n",
            place.display()
        );
        fs::write(&note, text).map_err(|error| not_writable(&note, error))?;
        Ok(place)
    }

    fn password_file(&self) -> PathBuf {
        self.path.join("postgres.password")
    }
}

/// Makes the directory unless it exists, open for PostgreSQL's user to pass through whatever the umask; gives its
/// real path, which stays the same however it is written.
fn make(path: &Path) -> io::Result<PathBuf> {
    if !path.exists() {
        fs::create_dir_all(path)?;
        fs::set_permissions(path, fs::Permissions::from_mode(0o755))?;
    }
    path.canonicalize()
}

impl Drop for Home {
    /// Given back by name: a child that another thread is just starting holds a copy of the descriptor for a moment, and merely
    /// closing ours would leave the lock with it.
    fn drop(&mut self) {
        // Closing it is the next thing that happens anyway.
        let _ = self.lock.unlock();
    }
}

fn lock(home: &Path) -> Result<File, Trouble> {
    let path = home.join("lock");
    let cannot = |error| not_writable(&path, error);
    let mut file =
        OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path).map_err(cannot)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut pid = String::new();
            // A holder that has not yet written its id is still a holder.
            let _ = file.read_to_string(&mut pid);
            let pid = if pid.trim().is_empty() { "unknown".to_owned() } else { pid.trim().to_owned() };
            return Err(Trouble::Locked { home: home.to_path_buf(), pid });
        }
        Err(TryLockError::Error(error)) => return Err(cannot(error)),
    }
    file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id())).map_err(cannot)?;
    Ok(file)
}

fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.set_permissions(fs::Permissions::from_mode(0o600))?;
    writeln!(file, "{text}")?;
    file.sync_all()
}

fn not_writable(path: &Path, source: io::Error) -> Trouble {
    Trouble::HomeNotWritable { path: path.to_path_buf(), source }
}
