//! Stock kept off open sale: blocks, which nobody may buy, and allocations, which one seller may (decision 28). Pure.

use foundation::{
    Instant, Refusal,
    id::{ApiKeyId, BlockId, PerformanceId},
    refusal::FieldErrors,
};

use serde::{Deserialize, Serialize};

use super::{as_text, states, tickets::Selection, words::name};

/// The most blocks of a performance that are not released.
pub const BLOCKS_MAX: i64 = 500;
/// The most tickets of one block.
pub const BLOCK_TICKETS_MAX: usize = 20_000;
/// The most bytes of a channel's name.
const CHANNEL_MAX: usize = 100;

/// Why stock is kept off open sale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The house keeps it: for guests, sponsors, the press.
    House,
    /// Something technical needs the place: a desk, a camera.
    Technical,
    /// Nobody can sit there: no view, broken, not safe.
    Kill,
    /// It is for one seller.
    Allocation,
}

as_text! { Reason { House = "house", Technical = "technical", Kill = "kill", Allocation = "allocation" } }

/// Who alone may sell what is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seller {
    /// Whoever sells through this channel, by the reseller's own word for it.
    Channel(String),
    /// Whoever calls with this key.
    Key(ApiKeyId),
}

/// Through what tickets are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Through {
    /// The key of the call.
    pub key: Option<ApiKeyId>,
    /// The channel that it names.
    pub channel: Option<String>,
    /// By what that key sells, which says what its tickets cost in fees.
    pub sold_through: accounting::Channel,
}

impl Through {
    /// Whether that is this seller.
    #[must_use]
    pub fn is(&self, seller: &Seller) -> bool {
        match seller {
            Seller::Channel(channel) => self.channel.as_ref() == Some(channel),
            Seller::Key(key) => self.key == Some(*key),
        }
    }
}

/// Checks what a channel is called; `at` is where it stands.
///
/// # Errors
/// `invalid_field`.
pub fn check_channel(at: &str, channel: Option<&str>) -> Result<(), Refusal> {
    let fits = channel.is_none_or(|channel| (1..=CHANNEL_MAX).contains(&channel.len()));
    if fits { Ok(()) } else { Err(Refusal::field(at, format!("must be 1 to {CHANNEL_MAX} bytes"))) }
}

states! {
    /// A block's life.
    BlockState {
        /// Its stock is kept.
        Active = "active" -> [Released];
        /// It has gone back to open sale.
        Released = "released" -> [];
    }
}

/// Stock kept off open sale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Its id.
    pub id: BlockId,
    /// Of which performance.
    pub performance: PerformanceId,
    /// What it is called.
    pub name: String,
    /// Why.
    pub reason: Reason,
    /// Who alone may sell it; none: nobody.
    pub seller: Option<Seller>,
    /// How many tickets were put in it.
    pub tickets: i32,
    /// When it goes back to open sale by itself.
    pub release_at: Option<Instant>,
    /// Whether it is still kept.
    pub state: BlockState,
    /// When it was made.
    pub created_at: Instant,
    /// Counts its changes.
    pub version: i64,
}

/// Stock to keep off open sale.
#[derive(Debug, Clone)]
pub struct NewBlock {
    /// What to call it.
    pub name: String,
    /// Why; for a seller it is an allocation in any case.
    pub reason: Reason,
    /// Who alone may sell it.
    pub seller: Option<Seller>,
    /// Which tickets.
    pub which: Selection,
    /// Of those the first so many that are free; none: all of them, or nothing is done.
    pub quantity: Option<usize>,
    /// When it goes back to open sale by itself.
    pub release_at: Option<Instant>,
}

impl NewBlock {
    /// Checks its form.
    ///
    /// # Errors
    /// `invalid_field` naming all that are wrong, `too_many_tickets`.
    pub fn check(&self, now: Instant) -> Result<(), Refusal> {
        let mut fields = FieldErrors::default();
        name(&mut fields, "/name", &self.name);
        let fits = self.quantity.is_none_or(|quantity| (1..=BLOCK_TICKETS_MAX).contains(&quantity));
        fields.check(fits, "/quantity", format!("must be 1 to {BLOCK_TICKETS_MAX}"));
        fields.check(self.release_at.is_none_or(|at| at > now), "/release_at", "must be in the future");
        let for_nobody = self.seller.is_none() && self.reason == Reason::Allocation;
        fields.check(!for_nobody, "/reason", "an allocation needs the channel or the api_key_id that it is for");
        let for_one = self.seller.is_some() && self.reason != Reason::Allocation;
        fields.check(!for_one, "/reason", "must be left out where a channel or an api_key_id may sell it");
        fields.done()?;
        if let Some(Seller::Channel(channel)) = &self.seller {
            check_channel("/channel", Some(channel))?;
        }
        self.which.check()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn at(seconds: u64) -> Instant {
        let epoch: Instant = serde_json::from_value("2030-01-01T00:00:00Z".into()).unwrap();
        epoch.plus(Duration::from_secs(seconds))
    }

    #[test]
    fn an_allocation_is_its_sellers_and_nobody_elses() {
        let (ours, theirs) = (ApiKeyId::new(), ApiKeyId::new());
        let through =
            |key, channel: &str| Through { key: Some(key), channel: Some(channel.to_owned()), ..Through::default() };
        let (key, channel) = (Seller::Key(ours), Seller::Channel("box office".to_owned()));
        assert!(through(ours, "web").is(&key) && !through(theirs, "box office").is(&key));
        assert!(through(theirs, "box office").is(&channel) && !through(ours, "web").is(&channel));
        assert!(!Through::default().is(&key) && !Through::default().is(&channel));
    }

    #[test]
    fn what_is_wrong_with_a_block_is_named() {
        let good = NewBlock {
            name: "press".to_owned(),
            reason: Reason::House,
            seller: None,
            which: Selection::Where { section: Some("Hall".to_owned()), rows: None, price_tier: None },
            quantity: Some(1),
            release_at: Some(at(2)),
        };
        let wrong = |block: NewBlock| block.check(at(1)).unwrap_err().errors[0].pointer.clone();
        assert!(good.check(at(1)).is_ok());
        assert_eq!(wrong(NewBlock { name: String::new(), ..good.clone() }), "/name");
        assert_eq!(wrong(NewBlock { quantity: Some(0), ..good.clone() }), "/quantity");
        assert_eq!(wrong(NewBlock { release_at: Some(at(1)), ..good.clone() }), "/release_at");
        assert_eq!(wrong(NewBlock { reason: Reason::Allocation, ..good.clone() }), "/reason");
        let seller = Some(Seller::Channel(String::new()));
        assert_eq!(wrong(NewBlock { seller: seller.clone(), ..good.clone() }), "/reason");
        assert_eq!(wrong(NewBlock { seller, reason: Reason::Allocation, ..good }), "/channel");
    }
}
