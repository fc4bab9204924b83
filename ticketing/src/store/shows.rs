//! The SQL of shows and their ticket types.

use foundation::{
    Currency, Instant, Refusal, Result, TenantTx,
    id::{ShowId, TicketTypeId, VenueId},
};

use super::{known, performances};
use crate::rules::show::{Show, ShowState, TicketType, Visibility};

/// Writes a show without its performances.
///
/// # Errors
/// The database's.
pub async fn insert(tx: &mut TenantTx, show: &Show) -> Result<()> {
    let reseller = tx.reseller();
    sqlx::query(
        "insert into shows (reseller_id, show_id, title, description, currency, state, visibility, public_from,
                            search_text, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(reseller)
    .bind(show.id)
    .bind(&show.title)
    .bind(&show.description)
    .bind(show.currency.code())
    .bind(show.state.as_str())
    .bind(show.visibility.as_str())
    .bind(show.public_from)
    .bind(search_text(show))
    .bind(show.created_at)
    .execute(tx.conn())
    .await?;
    sqlx::query(
        "insert into ticket_types (reseller_id, show_id, ticket_type_id, name, position)
         select $1, $2, t.id, t.name, t.nth from unnest($3::uuid[], $4::text[]) with ordinality as t (id, name, nth)",
    )
    .bind(reseller)
    .bind(show.id)
    .bind(show.ticket_types.iter().map(|t| t.id).collect::<Vec<_>>())
    .bind(show.ticket_types.iter().map(|t| t.name.as_str()).collect::<Vec<_>>())
    .execute(tx.conn())
    .await?;
    Ok(())
}

fn search_text(show: &Show) -> String {
    format!("{} {}", show.title, show.description).to_lowercase()
}

/// Holds other changes of a show off until the transaction ends. Taken before the locks of its performances.
///
/// # Errors
/// The database's.
pub async fn lock(tx: &mut TenantTx, id: ShowId) -> Result<()> {
    let reseller = tx.reseller();
    sqlx::query("select show_id from shows where reseller_id = $1 and show_id = $2 for no key update")
        .bind(reseller)
        .bind(id)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Changes a show of this version. Gives whether it was so.
///
/// # Errors
/// The database's.
pub async fn update(tx: &mut TenantTx, version: i64, to: &Show) -> Result<bool> {
    let reseller = tx.reseller();
    let changed = sqlx::query(
        "update shows set title = $4, description = $5, state = $6, visibility = $7, public_from = $8, search_text = $9,
                          version = version + 1
         where reseller_id = $1 and show_id = $2 and version = $3",
    )
    .bind(reseller)
    .bind(to.id)
    .bind(version)
    .bind(&to.title)
    .bind(&to.description)
    .bind(to.state.as_str())
    .bind(to.visibility.as_str())
    .bind(to.public_from)
    .bind(search_text(to))
    .execute(tx.conn())
    .await?;
    Ok(changed.rows_affected() == 1)
}

/// Removes a show of this version with everything in it. Gives whether it was so.
///
/// # Errors
/// The database's.
pub async fn delete(tx: &mut TenantTx, id: ShowId, version: i64) -> Result<bool> {
    let reseller = tx.reseller();
    sqlx::query(
        "delete from tickets t using performances p
         where t.reseller_id = $1 and p.reseller_id = $1 and p.show_id = $2 and t.performance_id = p.performance_id",
    )
    .bind(reseller)
    .bind(id)
    .execute(tx.conn())
    .await?;
    let deleted = sqlx::query("delete from shows where reseller_id = $1 and show_id = $2 and version = $3")
        .bind(reseller)
        .bind(id)
        .bind(version)
        .execute(tx.conn())
        .await?;
    Ok(deleted.rows_affected() == 1)
}

/// What shows to list.
#[derive(Debug, Clone, Default)]
pub struct ShowFilter {
    /// Words that title or description have, in any case.
    pub search: Option<String>,
    /// Draft or published.
    pub state: Option<ShowState>,
    /// Public or hidden.
    pub visibility: Option<Visibility>,
    /// What anyone may find now, and nothing else.
    pub public: bool,
    /// With a performance at this venue.
    pub venue: Option<VenueId>,
    /// With a performance that starts then or later.
    pub from: Option<Instant>,
    /// With a performance that starts before then.
    pub to: Option<Instant>,
    /// With a performance that is on sale now.
    pub on_sale: Option<bool>,
}

/// A page of shows, newest first.
///
/// # Errors
/// The database's.
pub async fn list(tx: &mut TenantTx, filter: &ShowFilter, after: Option<ShowId>, limit: i64) -> Result<Vec<Show>> {
    let reseller = tx.reseller();
    let escaped = |text: &String| text.to_lowercase().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    let ids: Vec<ShowId> = sqlx::query_scalar(
        "select s.show_id from shows s
         where s.reseller_id = $1 and ($2::uuid is null or s.show_id < $2)
           and ($3::text is null or s.search_text like '%' || $3 || '%')
           and ($4::text is null or s.state = $4) and ($5::text is null or s.visibility = $5)
           and (($6::uuid is null and $7::timestamptz is null and $8::timestamptz is null) or exists (
               select from performances p where p.reseller_id = $1 and p.show_id = s.show_id
                 and ($6::uuid is null or p.venue_id = $6) and ($7::timestamptz is null or p.starts_at >= $7)
                 and ($8::timestamptz is null or p.starts_at < $8)))
           and ($9::boolean is null or $9 = (s.state = 'published' and exists (
               select from performances p, (select cell_now() as now) n
               where p.reseller_id = $1 and p.show_id = s.show_id and p.state = 'open'
                 and p.on_sale_at <= n.now and p.off_sale_at > n.now)))
           and (not $11 or (s.state = 'published' and s.visibility = 'public'
               and coalesce(s.public_from, '-infinity') <= (select cell_now())))
         order by s.show_id desc limit $10",
    )
    .bind(reseller)
    .bind(after)
    .bind(filter.search.as_ref().map(escaped))
    .bind(filter.state.map(ShowState::as_str))
    .bind(filter.visibility.map(Visibility::as_str))
    .bind(filter.venue)
    .bind(filter.from)
    .bind(filter.to)
    .bind(filter.on_sale)
    .bind(limit)
    .bind(filter.public)
    .fetch_all(tx.conn())
    .await?;
    of_ids(tx, &ids).await
}

#[derive(sqlx::FromRow)]
struct ShowRow {
    show_id: ShowId,
    title: String,
    description: String,
    currency: String,
    state: String,
    visibility: String,
    public_from: Option<Instant>,
    version: i64,
    created_at: Instant,
}

/// These shows, in this order, with their ticket types and performances.
///
/// # Errors
/// The database's.
pub async fn of_ids(tx: &mut TenantTx, ids: &[ShowId]) -> Result<Vec<Show>> {
    let reseller = tx.reseller();
    let rows: Vec<ShowRow> = sqlx::query_as(
        "select s.show_id, s.title, s.description, s.currency, s.state, s.visibility, s.public_from, s.version, s.created_at
         from unnest($2::uuid[]) with ordinality as w (show_id, nth)
         join shows s on s.reseller_id = $1 and s.show_id = w.show_id order by w.nth",
    )
    .bind(reseller)
    .bind(ids)
    .fetch_all(tx.conn())
    .await?;
    let types: Vec<(ShowId, TicketTypeId, String)> = sqlx::query_as(
        "select show_id, ticket_type_id, name from ticket_types
         where reseller_id = $1 and show_id = any($2) order by show_id, position",
    )
    .bind(reseller)
    .bind(ids)
    .fetch_all(tx.conn())
    .await?;
    let performances = performances::of_shows(tx, ids).await?;
    rows.into_iter()
        .map(|row| {
            let of_show = |(show, id, name): &(ShowId, TicketTypeId, String)| {
                (*show == row.show_id).then(|| TicketType { id: *id, name: name.clone() })
            };
            Ok(Show {
                id: row.show_id,
                title: row.title,
                description: row.description,
                currency: known("a currency", &row.currency, row.currency.parse::<Currency>().ok())?,
                state: known("a show's state", &row.state, ShowState::parse(&row.state))?,
                visibility: known("a show's visibility", &row.visibility, Visibility::parse(&row.visibility))?,
                public_from: row.public_from,
                version: row.version,
                created_at: row.created_at,
                ticket_types: types.iter().filter_map(of_show).collect(),
                performances: performances.iter().filter(|p| p.show == row.show_id).cloned().collect(),
            })
        })
        .collect()
}

/// The show of this id.
///
/// # Errors
/// `not_found`, or the database's.
pub async fn get(tx: &mut TenantTx, id: ShowId) -> Result<Show> {
    Ok(of_ids(tx, &[id]).await?.pop().ok_or_else(|| Refusal::missing("show"))?)
}
