//! API keys as their owner sees them: everything but the secret.

use std::time::Duration;

use foundation::{Instant, Refusal, id::ApiKeyId, refusal::FieldErrors};

use super::{
    fields,
    key_text::KeyKind,
    scope::{Scope, ScopeSet},
};

/// How long a rotated key may go on beside its successor.
const OVERLAP_MAX: Duration = Duration::from_hours(7 * 24);

/// A key, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// Its id.
    pub id: ApiKeyId,
    /// What it is for.
    pub kind: KeyKind,
    /// Its owner's own words.
    pub name: String,
    /// What it may do.
    pub scopes: ScopeSet,
    /// The end of its text, by which a person tells keys apart.
    pub last_four: String,
    /// When it was made.
    pub created_at: Instant,
    /// When it ends or ended; none for a key without an end.
    pub expires_at: Option<Instant>,
    /// Raised by every change.
    pub version: i64,
}

/// A key to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewKey {
    /// What it is for.
    pub kind: KeyKind,
    /// Its owner's own words.
    pub name: String,
    /// What a restricted key may do. The other kinds have theirs by themselves and name none.
    pub scopes: Vec<Scope>,
    /// When it ends, if it does.
    pub expires_at: Option<Instant>,
}

impl NewKey {
    /// What the key will be allowed to do, if everything about it is in order.
    ///
    /// # Errors
    /// `invalid_field`, naming all that is wrong.
    pub(crate) fn check(&self, now: Instant) -> Result<ScopeSet, Refusal> {
        let mut wrong = FieldErrors::default();
        fields::name(&mut wrong, "/name", &self.name);
        match self.kind {
            KeyKind::Restricted => wrong.check(!self.scopes.is_empty(), "/scopes", "must name what the key may do"),
            _ => wrong.check(self.scopes.is_empty(), "/scopes", "is for restricted keys only"),
        }
        wrong.check(self.kind != KeyKind::HostedShop, "/kind", "is made by the platform only");
        wrong.check(self.expires_at.is_none_or(|end| end > now), "/expires_at", "must be in the future");
        wrong.done()?;
        Ok(match self.kind {
            KeyKind::Secret => ScopeSet::all(),
            KeyKind::Publishable => [Scope::ShowsRead, Scope::VenuesRead, Scope::WaitlistsWrite].into_iter().collect(),
            KeyKind::Restricted => self.scopes.iter().copied().collect(),
            KeyKind::HostedShop => shop_scopes(),
        })
    }
}

/// What the hosted shop's own key may do: show what is on sale, and sell it.
pub(crate) fn shop_scopes() -> ScopeSet {
    [Scope::ShowsRead, Scope::VenuesRead, Scope::OrdersRead, Scope::OrdersWrite, Scope::WaitlistsWrite]
        .into_iter()
        .collect()
}

/// How many microseconds a rotated key goes on.
///
/// # Errors
/// `invalid_field` for more than seven days.
pub(crate) fn overlap_micros(overlap: Duration) -> Result<i64, Refusal> {
    let refused = || Refusal::field("/overlap_seconds", "must be at most 604800 (seven days)");
    if overlap > OVERLAP_MAX {
        return Err(refused());
    }
    i64::try_from(overlap.as_micros()).map_err(|_| refused())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Instant = Instant::LONG_AGO;

    fn new(kind: KeyKind, scopes: &[Scope]) -> NewKey {
        NewKey { kind, name: "backend".to_owned(), scopes: scopes.to_vec(), expires_at: None }
    }

    #[test]
    fn each_kind_has_its_scopes() {
        assert_eq!(new(KeyKind::Secret, &[]).check(NOW).unwrap(), ScopeSet::all());
        let publishable = new(KeyKind::Publishable, &[]).check(NOW).unwrap();
        assert_eq!(
            publishable.iter().collect::<Vec<_>>(),
            [Scope::ShowsRead, Scope::VenuesRead, Scope::WaitlistsWrite]
        );
        let restricted = new(KeyKind::Restricted, &[Scope::OrdersRead, Scope::OrdersRead]).check(NOW).unwrap();
        assert_eq!(restricted.iter().collect::<Vec<_>>(), [Scope::OrdersRead]);
    }

    #[test]
    fn a_key_without_sense_is_refused() {
        let pointer = |new: &NewKey| new.check(NOW).unwrap_err().errors.remove(0).pointer;
        assert_eq!(pointer(&new(KeyKind::Restricted, &[])), "/scopes");
        assert_eq!(pointer(&new(KeyKind::Secret, &[Scope::ShowsRead])), "/scopes");
        assert_eq!(pointer(&new(KeyKind::Publishable, &[Scope::OrdersWrite])), "/scopes");
        assert_eq!(pointer(&new(KeyKind::HostedShop, &[])), "/kind");
        assert_eq!(pointer(&NewKey { name: String::new(), ..new(KeyKind::Secret, &[]) }), "/name");
        assert_eq!(pointer(&NewKey { expires_at: Some(NOW), ..new(KeyKind::Secret, &[]) }), "/expires_at");
    }

    #[test]
    fn an_overlap_is_seven_days_at_most() {
        assert_eq!(overlap_micros(OVERLAP_MAX).unwrap(), 604_800_000_000);
        assert!(overlap_micros(OVERLAP_MAX + Duration::from_micros(1)).is_err());
        assert!(overlap_micros(Duration::MAX).is_err());
    }
}
