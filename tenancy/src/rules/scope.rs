//! What a key can be allowed to do.

use std::{collections::BTreeSet, fmt, str::FromStr};

macro_rules! scopes {
    ($($(#[$doc:meta])* $variant:ident $text:tt;)*) => {
        /// One thing that a key can be allowed to do, written `shows:read`.
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, utoipa::ToSchema,
        )]
        pub enum Scope { $($(#[$doc])* #[serde(rename = $text)] $variant,)* }

        impl Scope {
            /// Every scope there is.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// As it is written in requests and tables.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }
    };
}

scopes! {
    /// See shows, performances, offers and availability.
    ShowsRead "shows:read";
    /// Change them.
    ShowsWrite "shows:write";
    /// See venues.
    VenuesRead "venues:read";
    /// Change them.
    VenuesWrite "venues:write";
    /// See holds, orders, payments and tickets.
    OrdersRead "orders:read";
    /// Hold, order, pay and refund.
    OrdersWrite "orders:write";
    /// Join waitlists, read one's place, leave; be told when a sale opens.
    WaitlistsWrite "waitlists:write";
    /// Check tickets in at the door, and take that back.
    DoorWrite "door:write";
    /// See balances and reports.
    FinanceRead "finance:read";
    /// See settlements, open and closed, and when they are closed.
    SettlementsRead "settlements:read";
    /// Close them, and say when that is done.
    SettlementsWrite "settlements:write";
    /// Pay out, and say how.
    FinanceWrite "finance:write";
    /// See webhook endpoints, deliveries and events.
    WebhooksRead "webhooks:read";
    /// Change webhook endpoints and send again.
    WebhooksWrite "webhooks:write";
    /// See support cases.
    SupportRead "support:read";
    /// Open support cases and write in them.
    SupportWrite "support:write";
    /// See the account and its keys.
    AccountRead "account:read";
    /// Change the account, its keys and the test clock.
    AccountWrite "account:write";
}

/// A text that names no scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not a scope there is, such as shows:read")]
pub struct NotAScope;

impl FromStr for Scope {
    type Err = NotAScope;

    fn from_str(text: &str) -> Result<Self, NotAScope> {
        Self::ALL.iter().copied().find(|scope| scope.as_str() == text).ok_or(NotAScope)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a key may do.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct ScopeSet(BTreeSet<Scope>);

impl ScopeSet {
    /// Everything.
    #[must_use]
    pub fn all() -> Self {
        Scope::ALL.iter().copied().collect()
    }

    /// Whether it has this scope.
    #[must_use]
    pub fn has(&self, scope: Scope) -> bool {
        self.0.contains(&scope)
    }

    /// Its scopes, in the order of [`Scope::ALL`].
    pub fn iter(&self) -> impl Iterator<Item = Scope> + '_ {
        self.0.iter().copied()
    }
}

impl FromIterator<Scope> for ScopeSet {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_reads_back_what_it_writes() {
        for scope in Scope::ALL {
            assert_eq!(scope.as_str().parse(), Ok(*scope));
        }
        assert_eq!("shows".parse::<Scope>(), Err(NotAScope));
    }

    #[test]
    fn a_set_has_what_was_put_in() {
        let reads: ScopeSet = [Scope::OrdersRead, Scope::ShowsRead].into_iter().collect();
        assert!(reads.has(Scope::OrdersRead) && !reads.has(Scope::OrdersWrite));
        assert_eq!(reads.iter().collect::<Vec<_>>(), [Scope::ShowsRead, Scope::OrdersRead]);
        assert_eq!(ScopeSet::all().iter().count(), Scope::ALL.len());
    }
}
