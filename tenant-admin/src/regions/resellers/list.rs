//! `GET /regions/{region}/resellers`: the region's environments, in the order of their ids.

use axum::{
    Json,
    extract::{Query, rejection::QueryRejection},
};
use foundation::{
    Cell, Mode,
    id::{AccountId, ResellerId},
    page::{Page, PageOf},
};
use serde::Serialize;
use tenancy::{ResellerState, get_reseller, tenants_after};

use super::{List, Which};
use crate::{operator::Operator, problem::Problem};

/// A line of the list.
#[derive(Serialize)]
pub(super) struct Line {
    id: ResellerId,
    account_id: AccountId,
    mode: Mode,
    state: ResellerState,
    name: String,
}

pub(super) async fn list(
    operator: Operator,
    which: Result<Query<Which>, QueryRejection>,
) -> Result<Json<List<Line>>, Problem> {
    let page = super::page_of(which)?;
    let found = directory(&operator.cells, &page).await?;
    let mut data = Vec::with_capacity(found.items.len());
    // The directory has ids only: a name is seen in its own tenant's transaction.
    for (id, cell) in found.items {
        let mut tx = cell.tenant(id).await?;
        let reseller = get_reseller(&mut tx).await?;
        tx.commit().await.map_err(foundation::Error::from)?;
        data.push(Line {
            id,
            account_id: reseller.account,
            mode: reseller.mode,
            state: reseller.state,
            name: reseller.name,
        });
    }
    Ok(Json(List { data, next_cursor: found.next_cursor }))
}

/// A page of the directories of all the region's cells together.
async fn directory<'a>(
    cells: &'a [Cell],
    page: &PageOf<ResellerId>,
) -> foundation::Result<Page<(ResellerId, &'a Cell)>> {
    let mut found = Vec::new();
    for cell in cells {
        let tenants = tenants_after(cell, page.after, page.fetch_limit()).await?;
        found.extend(tenants.into_iter().map(|id| (id, cell)));
    }
    found.sort_by_key(|(id, _)| *id);
    Ok(Page::cut(found, page.limit, |(id, _)| *id))
}
