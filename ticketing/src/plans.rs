//! Plans of layouts in memory. What a version says never changes, so nothing here is ever stale; what is not here is read.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use foundation::{
    Result, TenantTx,
    id::{LayoutVersionId, PerformanceId, ResellerId},
};

use crate::{
    rules::{layout::Plan, order::HoldItem},
    store::layouts,
};

/// The most plans in memory, each of up to some megabytes; beyond that all are read anew.
const PLANS_MAX: usize = 64;

/// The plans that were needed lately.
#[derive(Debug, Default)]
pub struct Plans(Mutex<HashMap<(ResellerId, LayoutVersionId), Arc<Plan>>>);

impl Plans {
    /// The plan of a version of the transaction's tenant.
    ///
    /// # Errors
    /// `not_found`, or the database's.
    pub async fn get(&self, tx: &mut TenantTx, version: LayoutVersionId) -> Result<Arc<Plan>> {
        let key = (tx.reseller(), version);
        if let Some(plan) = self.kept().get(&key) {
            return Ok(plan.clone());
        }
        let plan = Arc::new(layouts::plan(tx, version).await?);
        let mut kept = self.kept();
        if kept.len() >= PLANS_MAX {
            kept.clear();
        }
        kept.insert(key, plan.clone());
        Ok(plan)
    }

    /// Tells of held tickets what is particular about their seats.
    ///
    /// # Errors
    /// The database's.
    pub async fn describe(&self, tx: &mut TenantTx, items: &mut [HoldItem]) -> Result<()> {
        let mut performances: Vec<PerformanceId> = items.iter().map(|item| item.held.performance).collect();
        performances.sort_unstable();
        performances.dedup();
        for (performance, version) in layouts::versions_of(tx, &performances).await? {
            let plan = self.get(tx, version).await?;
            for item in items.iter_mut().filter(|item| item.held.performance == performance) {
                item.attributes = plan.attributes(&item.place).to_vec();
            }
        }
        Ok(())
    }

    fn kept(&self) -> MutexGuard<'_, HashMap<(ResellerId, LayoutVersionId), Arc<Plan>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
