//! What shows, stock, holds, orders and payments are and which rules bind them. Nothing here does I/O or reads a clock.
//!
//! The transition tables in [`layout`], [`order`], [`payment`] and [`payout`] are the only ones; `docs/lifecycles.md` is made from them.

pub mod all_in;
pub mod availability;
pub mod block;
pub mod cancellation;
pub mod capacity;
pub mod check_in;
pub mod choice;
pub mod choose;
pub mod credit;
pub mod evidence;
pub mod forecast;
pub mod interest;
pub mod invitation;
pub mod layout;
pub mod letter;
pub mod limit;
pub mod offer;
pub mod order;
pub mod owner;
pub mod payment;
pub mod payout;
pub mod performance;
pub mod promotion;
pub mod question;
pub mod rescheduling;
pub mod retry;
pub mod sale_round;
pub mod search;
pub mod seat_map;
pub mod seating;
pub mod seating_note;
pub mod show;
pub mod stock;
pub mod task;
pub mod terms;
pub mod tickets;
pub mod times;
pub mod venue;
pub mod waitlist;
mod words;

/// Enums of states with the word of each and the states that may follow it.
macro_rules! states {
    ($($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal -> [$($next:ident),*];)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$vdoc])* $variant,)* }
        impl $name {
            /// Every state, in the order of a life.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];
            /// The word used in tables and on the wire.
            #[must_use]
            pub fn as_str(self) -> &'static str { match self { $(Self::$variant => $text,)* } }
            /// Reads the word back.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> { match text { $($text => Some(Self::$variant),)* _ => None } }
            /// The states that may follow.
            #[must_use]
            pub fn next(self) -> &'static [Self] { match self { $(Self::$variant => &[$(Self::$next,)*],)* } }
            /// Whether that state may follow.
            #[must_use]
            pub fn may_become(self, next: Self) -> bool { self.next().contains(&next) }
        }
    )*};
}
pub(crate) use states;

/// The words of enums whose steps are free.
macro_rules! as_text {
    ($($type:ident { $($variant:ident = $text:literal),* })*) => {$(
        impl $type {
            /// The word used in tables and on the wire.
            #[must_use]
            pub fn as_str(self) -> &'static str { match self { $(Self::$variant => $text,)* } }
            /// Reads the word back.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> { match text { $($text => Some(Self::$variant),)* _ => None } }
        }
    )*};
}
pub(crate) use as_text;
