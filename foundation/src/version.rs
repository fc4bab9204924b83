//! Versions of objects: which of them a change was decided on.

/// The versions that a caller says its change holds for (HTTP's If-Match).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IfVersion {
    /// Whichever there is.
    Any,
    /// One of these; none of them where the caller named only what can be no version.
    OneOf(Vec<i64>),
}

impl IfVersion {
    /// Whether the change holds for the object at this version.
    #[must_use]
    pub fn admits(&self, version: i64) -> bool {
        self.listed().is_none_or(|listed| listed.contains(&version))
    }

    /// The versions named; none where any will do.
    #[must_use]
    pub fn listed(&self) -> Option<&[i64]> {
        match self {
            Self::Any => None,
            Self::OneOf(listed) => Some(listed),
        }
    }
}

impl From<i64> for IfVersion {
    fn from(version: i64) -> Self {
        Self::OneOf(vec![version])
    }
}
