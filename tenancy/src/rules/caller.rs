//! Who asks, once its key is known.

use foundation::{
    Code, Mode, Refusal,
    id::{AccountId, ApiKeyId, ResellerId},
};

use super::{
    key_text::KeyKind,
    scope::{Scope, ScopeSet},
};

/// Who asks: a key that is good now, and what it may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The tenant.
    pub reseller: ResellerId,
    /// Its account.
    pub account: AccountId,
    /// Its environment.
    pub mode: Mode,
    /// The key used.
    pub key: ApiKeyId,
    /// What the key is for.
    pub kind: KeyKind,
    /// What the key may do.
    pub scopes: ScopeSet,
}

impl Caller {
    /// Whether it may do this.
    ///
    /// # Errors
    /// `forbidden`, naming the scope that the key lacks.
    pub fn may(&self, scope: Scope) -> Result<(), Refusal> {
        if self.scopes.has(scope) {
            return Ok(());
        }
        Err(Refusal::new(Code::Forbidden, format!("This needs a key with the scope {scope}.")))
    }

    /// Whether it may hand out a key that may do this: nobody gives more than it has.
    ///
    /// # Errors
    /// `forbidden`, naming a scope that the key lacks.
    pub(crate) fn may_give(&self, scopes: &ScopeSet) -> Result<(), Refusal> {
        scopes.iter().try_for_each(|scope| self.may(scope))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_may_do_and_give_what_its_key_may_and_no_more() {
        let caller = Caller {
            reseller: ResellerId::new(),
            account: AccountId::new(),
            mode: Mode::Test,
            key: ApiKeyId::new(),
            kind: KeyKind::Restricted,
            scopes: [Scope::AccountWrite, Scope::ShowsRead].into_iter().collect(),
        };
        assert!(caller.may(Scope::ShowsRead).is_ok());
        let refusal = caller.may(Scope::OrdersWrite).unwrap_err();
        assert_eq!(refusal.code, Code::Forbidden);
        assert!(refusal.detail.contains("orders:write"));
        assert!(caller.may_give(&[Scope::ShowsRead].into_iter().collect()).is_ok());
        assert!(caller.may_give(&[Scope::ShowsRead, Scope::OrdersRead].into_iter().collect()).is_err());
    }
}
