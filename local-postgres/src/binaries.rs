//! Finds the directory with PostgreSQL's server programs. It must never install or download anything.

use std::fs;
use std::path::{Path, PathBuf};

use crate::Trouble;

/// Debian and Ubuntu keep each major version's programs below this directory.
const DEBIAN: &str = "/usr/lib/postgresql";

/// A directory with `initdb`, `pg_ctl` and `postgres` of one version.
#[derive(Debug)]
pub(crate) struct Binaries {
    directory: PathBuf,
}

impl Binaries {
    /// The programs that `STAGEDOOR_POSTGRES_BIN` names, or else Debian's: of the major version that existing data
    /// needs, or the newest.
    pub(crate) fn find(major: Option<u32>) -> Result<Self, Trouble> {
        let named = std::env::var_os("STAGEDOOR_POSTGRES_BIN").map(PathBuf::from);
        Self::find_in(named, Path::new(DEBIAN), major)
    }

    /// The path of one of the programs.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    fn find_in(named: Option<PathBuf>, installed: &Path, major: Option<u32>) -> Result<Self, Trouble> {
        let looked_in = named.clone().unwrap_or_else(|| installed.to_path_buf());
        let directory = match named {
            Some(directory) => complete(&directory).then_some(directory),
            None => newest(installed, major),
        };
        directory.map(|directory| Self { directory }).ok_or_else(|| Trouble::BinariesMissing {
            looked_in: looked_in.display().to_string(),
            package: major.map_or_else(|| "postgresql".to_owned(), |major| format!("postgresql-{major}")),
        })
    }
}

fn newest(installed: &Path, wanted: Option<u32>) -> Option<PathBuf> {
    let versions = fs::read_dir(installed).ok()?.flatten();
    versions
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse::<u32>().ok()?, entry.path().join("bin"))))
        .filter(|(major, directory)| wanted.is_none_or(|wanted| wanted == *major) && complete(directory))
        .max_by_key(|(major, _)| *major)
        .map(|(_, directory)| directory)
}

fn complete(directory: &Path) -> bool {
    ["initdb", "pg_ctl", "postgres"].iter().all(|program| directory.join(program).is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn installed(name: &str, versions: &[&str]) -> PathBuf {
        let root = std::env::temp_dir().join(format!("local-postgres-{name}-{}", std::process::id()));
        for version in versions {
            let bin = root.join(version).join("bin");
            fs::create_dir_all(&bin).unwrap();
            for program in ["initdb", "pg_ctl", "postgres"] {
                fs::write(bin.join(program), "").unwrap();
            }
        }
        root
    }

    #[test]
    fn takes_the_newest_or_the_one_that_the_data_needs() {
        let root = installed("newest", &["9", "15", "17"]);
        fs::create_dir_all(root.join("18/bin")).unwrap();
        assert_eq!(Binaries::find_in(None, &root, None).unwrap().directory, root.join("17/bin"));
        assert_eq!(Binaries::find_in(None, &root, Some(15)).unwrap().directory, root.join("15/bin"));
        let missing = Binaries::find_in(None, &root, Some(16)).unwrap_err().to_string();
        assert!(missing.contains("apt-get install postgresql-16"), "{missing}");
        fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn the_named_directory_is_taken_or_refused_but_never_replaced() {
        let root = installed("named", &["15", "17"]);
        let named = Binaries::find_in(Some(root.join("15/bin")), &root, None).unwrap();
        assert_eq!(named.program("initdb"), root.join("15/bin/initdb"));
        let missing = Binaries::find_in(Some(root.join("nowhere")), &root, None).unwrap_err().to_string();
        assert!(missing.contains("nowhere") && missing.contains("apt-get install postgresql"), "{missing}");
        fs::remove_dir_all(root).unwrap();
    }
}
