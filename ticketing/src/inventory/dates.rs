//! The other dates of a show, for who finds one sold out. Sold-out answers come by the thousand a second, so dates are read once a
//! second at most, by one request at a time; the others tell what is known.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use foundation::{
    Code, Error, Instant, Refusal, Result,
    id::{PerformanceId, ResellerId},
};
use serde::Serialize;
use serde_json::json;

use super::Inventory;
use crate::{
    rules::{
        choose::Party,
        order::Want,
        stock::{Asked, TierElsewhere},
    },
    store::performances,
};

/// The most dates that are looked at, the nearest first.
const LOOKED_AT_MAX: i64 = 8;
/// The most that are told.
const TOLD_MAX: usize = 5;
/// How long what was read is believed.
const BELIEVED_FOR: Duration = Duration::from_secs(1);
/// The most performances whose other dates are remembered.
const KEPT_MAX: usize = 4_096;

/// Another date of the same show.
type Date = (PerformanceId, Instant);

/// What is known of other dates.
#[derive(Debug, Default)]
pub(super) struct Dates {
    known: Mutex<HashMap<PerformanceId, (std::time::Instant, Vec<Date>)>>,
    /// Held by who reads.
    reading: tokio::sync::Mutex<()>,
}

/// Another date with room for the party.
#[derive(Debug, Serialize)]
struct DateElsewhere {
    performance_id: PerformanceId,
    starts_at: Instant,
    #[serde(flatten)]
    tier: TierElsewhere,
}

impl Dates {
    fn known(&self) -> MutexGuard<'_, HashMap<PerformanceId, (std::time::Instant, Vec<Date>)>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fresh(&self, performance: PerformanceId) -> Option<Vec<Date>> {
        let known = self.known();
        let (read, dates) = known.get(&performance)?;
        (read.elapsed() < BELIEVED_FOR).then(|| dates.clone())
    }

    fn keep(&self, performance: PerformanceId, dates: &[Date]) {
        let mut known = self.known();
        if known.len() >= KEPT_MAX {
            known.clear();
        }
        known.insert(performance, (std::time::Instant::now(), dates.to_vec()));
    }
}

impl Inventory {
    /// Adds other dates of the show to a refusal of what is not to be had; any other failure stays as it is.
    pub async fn with_dates(&self, reseller: ResellerId, wants: &[Want], error: Error) -> Error {
        let Error::Refused(mut refusal) = error else { return error };
        // Which of several wants was refused is not told by the refusal: dates are those of a lone one.
        let party = match wants {
            [want] if is_sold_out(&refusal) => want.pick.party().map(|party| (want.performance, party)),
            _ => None,
        };
        let Some((performance, party)) = party else { return Error::Refused(refusal) };
        match self.dates_with_room(reseller, performance, &party).await {
            Ok(dates) => {
                if let Some(told) = refusal.alternatives.as_mut().and_then(serde_json::Value::as_object_mut) {
                    told.insert("performances".to_owned(), json!(dates));
                }
            }
            // The refusal stands without them.
            Err(error) => tracing::warn!(%error, "other dates could not be read"),
        }
        Error::Refused(refusal)
    }

    async fn dates_with_room(
        &self,
        reseller: ResellerId,
        performance: PerformanceId,
        party: &Party,
    ) -> Result<Vec<DateElsewhere>> {
        let asked = self.with(reseller, performance, |stock, _| stock.asked(party)).flatten();
        let Some(asked) = asked else { return Ok(Vec::new()) };
        let dates = self.other_dates(reseller, performance).await?;
        let told = dates.into_iter().filter_map(|date| self.with_room(reseller, date, party, &asked));
        Ok(told.take(TOLD_MAX).collect())
    }

    fn with_room(&self, reseller: ResellerId, date: Date, party: &Party, asked: &Asked) -> Option<DateElsewhere> {
        let (performance_id, starts_at) = date;
        let tier = self.with(reseller, performance_id, |stock, now| stock.like(party, asked, now)).flatten()?;
        Some(DateElsewhere { performance_id, starts_at, tier })
    }

    /// Other dates of the show that sell now, the nearest first, with their stock in memory.
    async fn other_dates(&self, reseller: ResellerId, performance: PerformanceId) -> Result<Vec<Date>> {
        if let Some(dates) = self.dates.fresh(performance) {
            return Ok(dates);
        }
        let Ok(_reading) = self.dates.reading.try_lock() else {
            let known = self.dates.known();
            return Ok(known.get(&performance).map(|(_, dates)| dates.clone()).unwrap_or_default());
        };
        let mut tx = self.cell.tenant(reseller).await?;
        let dates = performances::other_dates(&mut tx, performance, LOOKED_AT_MAX).await?;
        drop(tx);
        self.warm(reseller, dates.iter().map(|(performance, _)| *performance)).await?;
        self.dates.keep(performance, &dates);
        Ok(dates)
    }
}

fn is_sold_out(refusal: &Refusal) -> bool {
    matches!(refusal.code, Code::NotEnoughTickets | Code::NotTogether)
}
