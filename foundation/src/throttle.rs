//! Token buckets shared by all processes of a cell, by the generic cell rate algorithm (ITU-T I.371): a bucket is the one
//! instant at which it is full again. Exact: the database's clock and row decide, so two processes cannot give a token twice.

use std::{collections::HashMap, sync::Mutex, time::Duration};

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
        /// Tokens left, as far as this process knows.
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
    hands: Mutex<HashMap<[u8; 32], u32>>,
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
        if let Some(remaining) = self.spend(&bucket) {
            return Ok(Verdict::Pass { remaining });
        }
        let handful = (rate.per_second / HANDFUL_PART).clamp(1, rate.burst.max(1));
        for many in [handful, 1] {
            match self.draw(&bucket, rate, many).await? {
                Ok(remaining) => {
                    self.keep(bucket, many - 1);
                    return Ok(Verdict::Pass { remaining });
                }
                Err(wait) if many == 1 => return Ok(Verdict::Wait(wait)),
                Err(_) => {}
            }
        }
        Ok(Verdict::Wait(Duration::from_secs(1)))
    }

    fn spend(&self, bucket: &[u8; 32]) -> Option<u32> {
        let mut hands = self.hands.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let left = hands.get_mut(bucket).filter(|left| **left > 0)?;
        *left -= 1;
        Some(*left)
    }

    fn keep(&self, bucket: [u8; 32], tokens: u32) {
        let mut hands = self.hands.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if hands.len() >= HANDS_MAX {
            hands.clear();
        }
        *hands.entry(bucket).or_default() += tokens;
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
