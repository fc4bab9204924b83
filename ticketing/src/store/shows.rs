//! The SQL of shows and their ticket types.

use foundation::{
    Currency, Instant, Refusal, Result, TenantTx,
    id::{ShowId, TicketTypeId},
};

use super::{
    known, performances,
    show_filter::{ShowFilter, list_query},
};
use crate::rules::{
    search::words_of,
    show::{PERFORMANCES_OF_SHOW_MAX, Show, ShowState, TicketType, Visibility},
};

/// How many performances a show has in a list; all of them are listed by themselves.
const LISTED_PERFORMANCES: i64 = 20;

/// Writes a show without its performances.
///
/// # Errors
/// The database's.
pub async fn insert(tx: &mut TenantTx, show: &Show) -> Result<()> {
    let reseller = tx.reseller();
    sqlx::query(
        "insert into shows (reseller_id, show_id, title, description, currency, state, visibility, public_from,
                            created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(reseller)
    .bind(show.id)
    .bind(&show.title)
    .bind(&show.description)
    .bind(show.currency.code())
    .bind(show.state.as_str())
    .bind(show.visibility.as_str())
    .bind(show.public_from)
    .bind(show.created_at)
    .execute(tx.conn())
    .await?;
    insert_ticket_types(tx, show.id, &show.ticket_types).await?;
    write_words(tx, show).await
}

/// Writes ticket types after those that the show has.
///
/// # Errors
/// The database's.
pub async fn insert_ticket_types(tx: &mut TenantTx, show: ShowId, new: &[TicketType]) -> Result<()> {
    let reseller = tx.reseller();
    sqlx::query(
        "insert into ticket_types (reseller_id, show_id, ticket_type_id, name, position)
         select $1, $2, t.id, t.name, known.many + t.nth
         from unnest($3::uuid[], $4::text[]) with ordinality as t (id, name, nth),
              (select count(*) as many from ticket_types where reseller_id = $1 and show_id = $2) known",
    )
    .bind(reseller)
    .bind(show)
    .bind(new.iter().map(|t| t.id).collect::<Vec<_>>())
    .bind(new.iter().map(|t| t.name.as_str()).collect::<Vec<_>>())
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Writes anew by which words a show is found.
async fn write_words(tx: &mut TenantTx, show: &Show) -> Result<()> {
    let reseller = tx.reseller();
    let words: Vec<String> = words_of(&show.title, &show.description).into_iter().collect();
    sqlx::query("delete from show_words where reseller_id = $1 and show_id = $2 and word <> all($3)")
        .bind(reseller)
        .bind(show.id)
        .bind(&words)
        .execute(tx.conn())
        .await?;
    sqlx::query(
        "insert into show_words (reseller_id, word, show_id) select $1, w.word, $2 from unnest($3::text[]) as w (word)
         on conflict do nothing",
    )
    .bind(reseller)
    .bind(show.id)
    .bind(&words)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Those of these shows that there are.
///
/// # Errors
/// The database's.
pub async fn existing(tx: &mut TenantTx, ids: &[ShowId]) -> Result<Vec<ShowId>> {
    let reseller = tx.reseller();
    Ok(sqlx::query_scalar("select show_id from shows where reseller_id = $1 and show_id = any($2)")
        .bind(reseller)
        .bind(ids)
        .fetch_all(tx.conn())
        .await?)
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

/// Locks a show against that it is told of one of its performances that it is on sale; any number may have this lock.
///
/// # Errors
/// The database's.
pub async fn lock_shared(tx: &mut TenantTx, id: ShowId) -> Result<()> {
    let reseller = tx.reseller();
    sqlx::query("select show_id from shows where reseller_id = $1 and show_id = $2 for share")
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
        "update shows set title = $4, description = $5, state = $6, visibility = $7, public_from = $8,
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
    .execute(tx.conn())
    .await?;
    if changed.rows_affected() == 0 {
        return Ok(false);
    }
    write_words(tx, to).await?;
    Ok(true)
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

/// A page of shows, newest first, each with some of its performances: those to come before those that are over.
///
/// # Errors
/// The database's.
pub async fn list(tx: &mut TenantTx, filter: &ShowFilter, after: Option<ShowId>, limit: i64) -> Result<Vec<Show>> {
    let now = tx.now().await?;
    let mut query = list_query(tx.reseller(), filter, now, after, limit);
    // Planned for its own values: what is rare by one filter is common by another.
    let ids: Vec<ShowId> = query.build_query_scalar().persistent(false).fetch_all(tx.conn()).await?;
    of_ids(tx, &ids, LISTED_PERFORMANCES).await
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

/// These shows, in this order, with their ticket types and at most so many performances each.
async fn of_ids(tx: &mut TenantTx, ids: &[ShowId], performances_each: i64) -> Result<Vec<Show>> {
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
    let performances = performances::of_shows(tx, ids, performances_each).await?;
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
    Ok(of_ids(tx, &[id], PERFORMANCES_OF_SHOW_MAX).await?.pop().ok_or_else(|| Refusal::missing("show"))?)
}
