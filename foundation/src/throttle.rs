//! Token buckets shared by all processes of a cell, by the generic cell rate algorithm (ITU-T I.371): a bucket is the one
//! instant at which it is full again. Exact: the database's clock and row decide, so two processes cannot give a token twice.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use sha2::{Digest as _, Sha256};

use crate::{cell::Cell, refusal::Result};

/// How much a bucket lets through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Tokens that come back in a second.
    pub per_second: u32,
    /// Tokens of a full bucket.
    pub burst: u32,
}

/// What a bucket says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Go on; so many tokens are known to be left.
    Pass {
        /// Tokens left, as far as this process knows: those in its hand, and those that it left in the shared bucket when it drew last.
        remaining: u32,
    },
    /// Come again after this long, when exactly one token is back.
    Wait(Duration),
}

/// The buckets of a cell as this process sees them. A busy key draws tokens in handfuls and spends them from memory, so that
/// the database is asked tens of times a second, not once a request.
#[derive(Debug)]
pub struct Throttle {
    cell: Cell,
    hands: Mutex<Hands>,
}

/// The tokens that were drawn and not spent yet, by bucket.
#[derive(Debug, Default)]
struct Hands(HashMap<[u8; 32], Hand>);

#[derive(Debug, Default, Clone, Copy)]
struct Hand {
    tokens: u32,
    /// How many were left in the shared bucket when these were drawn.
    left_behind: u32,
}

impl Hand {
    fn both(self) -> u32 {
        self.tokens.saturating_add(self.left_behind)
    }
}

impl Hands {
    /// Spends one; gives how many are left, in the hand and in the bucket.
    fn spend(&mut self, bucket: &[u8; 32]) -> Option<u32> {
        let hand = self.0.get_mut(bucket).filter(|hand| hand.tokens > 0)?;
        hand.tokens -= 1;
        Some(hand.both())
    }

    /// Takes tokens into the hand, of which so many were left behind; gives how many are left, in the hand and in the bucket.
    fn keep(&mut self, bucket: [u8; 32], tokens: u32, left_behind: u32) -> u32 {
        if self.0.len() >= HANDS_MAX {
            self.0.clear();
        }
        let hand = self.0.entry(bucket).or_default();
        *hand = Hand { tokens: hand.tokens + tokens, left_behind };
        hand.both()
    }
}

/// Beyond this many buckets in memory the handfuls are dropped: a few tokens lost, never one given twice.
const HANDS_MAX: usize = 100_000;
/// A handful is this part of what a second brings back, so that little is lost with a process and others find some left.
const HANDFUL_PART: u32 = 50;

impl Throttle {
    /// The buckets of this cell.
    #[must_use]
    pub fn new(cell: Cell) -> Self {
        Self { cell, hands: Mutex::default() }
    }

    /// Takes one token of the bucket of this name.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn take(&self, bucket: &str, rate: Rate) -> Result<Verdict> {
        let bucket: [u8; 32] = Sha256::digest(bucket).into();
        if let Some(remaining) = self.hands().spend(&bucket) {
            return Ok(Verdict::Pass { remaining });
        }
        let handful = (rate.per_second / HANDFUL_PART).clamp(1, rate.burst.max(1));
        let (drawn, kept) = match self.draw(&bucket, rate, handful).await? {
            // Less than a handful may be left.
            Err(_) if handful > 1 => (self.draw(&bucket, rate, 1).await?, 0),
            drawn => (drawn, handful - 1),
        };
        Ok(match drawn {
            Ok(left_behind) => Verdict::Pass { remaining: self.hands().keep(bucket, kept, left_behind) },
            Err(wait) => Verdict::Wait(wait),
        })
    }

    fn hands(&self) -> MutexGuard<'_, Hands> {
        self.hands.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Draws tokens from the shared bucket: `Ok` how many are left, `Err` how long until so many are there.
    async fn draw(&self, bucket: &[u8], rate: Rate, many: u32) -> Result<Result<u32, Duration>> {
        let interval_us = 1_000_000 / i64::from(rate.per_second.max(1));
        let (cost_us, depth_us) = (interval_us * i64::from(many), interval_us * i64::from(rate.burst.max(many)));
        // The bucket is full at full_at. It takes `cost` more while that is no further than `depth` from now.
        let after_us: Option<i64> = sqlx::query_scalar(
            "insert into throttles (bucket, full_at) values ($1, clock_timestamp() + $2 * interval '1 microsecond')
             on conflict (bucket) do update
                 set full_at = greatest(throttles.full_at, clock_timestamp()) + $2 * interval '1 microsecond'
                 where greatest(throttles.full_at, clock_timestamp()) + $2 * interval '1 microsecond'
                       <= clock_timestamp() + $3 * interval '1 microsecond'
             returning (extract(epoch from full_at - clock_timestamp()) * 1000000)::bigint",
        )
        .bind(bucket)
        .bind(cost_us)
        .bind(depth_us)
        .fetch_optional(self.cell.requests())
        .await?;
        if let Some(after_us) = after_us {
            return Ok(Ok(u32::try_from((depth_us - after_us) / interval_us).unwrap_or(0)));
        }
        let wait_us: Option<i64> = sqlx::query_scalar(
            "select (extract(epoch from full_at - clock_timestamp()) * 1000000)::bigint + $2 - $3 from throttles where bucket = $1",
        )
        .bind(bucket)
        .bind(cost_us)
        .bind(depth_us)
        .fetch_optional(self.cell.requests())
        .await?;
        Ok(Err(Duration::from_micros(u64::try_from(wait_us.unwrap_or(0)).unwrap_or(0))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hand_is_spent_to_its_last_token_and_many_hands_are_dropped_at_once() {
        let mut hands = Hands::default();
        let bucket = |n: usize| -> [u8; 32] { Sha256::digest(n.to_string()).into() };
        assert_eq!(hands.spend(&bucket(0)), None);
        assert_eq!(hands.keep(bucket(0), 2, 7), 9);
        assert_eq!(
            [hands.spend(&bucket(0)), hands.spend(&bucket(0)), hands.spend(&bucket(0))],
            [Some(8), Some(7), None],
            "what was left behind counts, and is not in the hand"
        );
        for n in 0..HANDS_MAX {
            hands.keep(bucket(n), 1, 0);
        }
        assert_eq!(hands.0.len(), HANDS_MAX);
        hands.keep(bucket(HANDS_MAX), 1, 0);
        assert_eq!(hands.0.len(), 1);
        assert_eq!(hands.spend(&bucket(0)), None, "lost, and never given twice");
    }
}
