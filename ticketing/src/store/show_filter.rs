//! Which shows and performances a list has, as SQL. A condition stands in the statement only where it is asked for, so that the
//! planner sees what is wanted and not what might be; every value is bound.

use foundation::{
    Instant,
    id::{PerformanceId, ResellerId, ShowId, VenueId},
};
use sqlx::{Postgres, QueryBuilder};

use crate::rules::{
    performance::PerformanceState,
    search::{Search, folded},
    show::{ShowState, Visibility},
};

/// What shows to list.
#[derive(Debug, Clone, Default)]
pub struct ShowFilter {
    /// Whose title or description has these words.
    pub search: Option<Search>,
    /// Draft or published.
    pub state: Option<ShowState>,
    /// Public or hidden.
    pub visibility: Option<Visibility>,
    /// What anyone may find now, and nothing else.
    pub public: bool,
    /// With one performance that is all of this.
    pub at: WhenAndWhere,
    /// With a performance that is on sale now, or without one.
    pub on_sale: Option<bool>,
}

/// When and where a performance is.
#[derive(Debug, Clone, Default)]
pub struct WhenAndWhere {
    /// At this venue.
    pub venue: Option<VenueId>,
    /// In this city, whatever its case and accents.
    pub city: Option<String>,
    /// Starts then or later.
    pub from: Option<Instant>,
    /// Starts before then.
    pub to: Option<Instant>,
}

/// What performances to list.
#[derive(Debug, Clone, Default)]
pub struct PerformanceFilter {
    /// Of this show.
    pub show: Option<ShowId>,
    /// When and where.
    pub at: WhenAndWhere,
    /// In this state.
    pub state: Option<PerformanceState>,
    /// On sale now, or not.
    pub on_sale: Option<bool>,
    /// Archived, or not.
    pub archived: Option<bool>,
    /// Of shows that anyone may find now, and no others.
    pub public: bool,
}

impl WhenAndWhere {
    fn is_asked(&self) -> bool {
        self.venue.is_some() || self.city.is_some() || self.from.is_some() || self.to.is_some()
    }

    /// Conditions on the performance `p`.
    fn push(&self, query: &mut QueryBuilder<Postgres>, reseller: ResellerId) {
        if let Some(venue) = self.venue {
            query.push(" and p.venue_id = ").push_bind(venue);
        }
        if let Some(city) = &self.city {
            query
                .push(" and p.venue_id in (select v.venue_id from venues v where v.reseller_id = ")
                .push_bind(reseller);
            query.push(" and v.city_key = ").push_bind(folded(city)).push(")");
        }
        if let Some(from) = self.from {
            query.push(" and p.starts_at >= ").push_bind(from);
        }
        if let Some(to) = self.to {
            query.push(" and p.starts_at < ").push_bind(to);
        }
    }
}

/// The condition that the performance `p` is open and sells: inside its window, and from the opening of its first sale round until the
/// end of its last.
fn push_selling(query: &mut QueryBuilder<Postgres>, now: Instant) {
    query.push("(p.state = 'open' and p.sells_from <= ").push_bind(now);
    query.push(" and p.sells_until > ").push_bind(now).push(")");
}

/// The condition that anyone may find the show `s`, as [`crate::rules::show::Show::is_public`] has it.
fn push_public(query: &mut QueryBuilder<Postgres>, now: Instant) {
    query
        .push(" and s.state = 'published' and s.visibility = 'public' and (s.public_from is null or s.public_from <= ");
    query.push_bind(now).push(")");
}

/// The ids of a page of shows, newest first.
pub(super) fn list_query(
    reseller: ResellerId,
    filter: &ShowFilter,
    now: Instant,
    after: Option<ShowId>,
    limit: i64,
) -> QueryBuilder<Postgres> {
    let mut query = QueryBuilder::new("select s.show_id from shows s where s.reseller_id = ");
    query.push_bind(reseller);
    if let Some(after) = after {
        query.push(" and s.show_id < ").push_bind(after);
    }
    if let Some(search) = &filter.search {
        push_search(&mut query, reseller, search);
    }
    if let Some(state) = filter.state {
        query.push(" and s.state = ").push_bind(state.as_str());
    }
    if let Some(visibility) = filter.visibility {
        query.push(" and s.visibility = ").push_bind(visibility.as_str());
    }
    if filter.public {
        push_public(&mut query, now);
    }
    let performance = " exists (select from performances p where p.show_id = s.show_id and p.reseller_id = ";
    if filter.at.is_asked() {
        query.push(" and").push(performance).push_bind(reseller);
        filter.at.push(&mut query, reseller);
        query.push(")");
    }
    if let Some(on_sale) = filter.on_sale {
        // The show's state stands inside, so that either is a join: under an `or` the planner reads all performances.
        query.push(if on_sale { " and" } else { " and not" }).push(performance).push_bind(reseller);
        query.push(" and s.state = 'published' and ");
        push_selling(&mut query, now);
        query.push(")");
    }
    query.push(" order by s.show_id desc limit ").push_bind(limit);
    query
}

fn push_search(query: &mut QueryBuilder<Postgres>, reseller: ResellerId, search: &Search) {
    if search.finds_nothing() {
        query.push(" and false");
    }
    for (from, to) in search.ranges() {
        query.push(" and exists (select from show_words w where w.show_id = s.show_id and w.reseller_id = ");
        query.push_bind(reseller).push(" and w.word >= ").push_bind(from.to_owned());
        query.push(" and w.word < ").push_bind(to).push(")");
    }
}

/// The ids of a page of performances in the order of their start.
pub(super) fn performances_query(
    reseller: ResellerId,
    filter: &PerformanceFilter,
    now: Instant,
    after: Option<(Instant, PerformanceId)>,
    limit: i64,
) -> QueryBuilder<Postgres> {
    let mut query = QueryBuilder::new(
        "select p.performance_id from performances p
         join shows s on s.reseller_id = p.reseller_id and s.show_id = p.show_id where p.reseller_id = ",
    );
    query.push_bind(reseller);
    if let Some((starts_at, id)) = after {
        query.push(" and (p.starts_at, p.performance_id) > (").push_bind(starts_at).push(", ").push_bind(id).push(")");
    }
    if let Some(show) = filter.show {
        query.push(" and p.show_id = ").push_bind(show);
    }
    if let Some(state) = filter.state {
        query.push(" and p.state = ").push_bind(state.as_str());
    }
    if let Some(archived) = filter.archived {
        query.push(if archived { " and p.archived_at is not null" } else { " and p.archived_at is null" });
    }
    filter.at.push(&mut query, reseller);
    if filter.public {
        push_public(&mut query, now);
    }
    if let Some(on_sale) = filter.on_sale {
        query.push(if on_sale { " and (" } else { " and not (" }).push("s.state = 'published' and ");
        push_selling(&mut query, now);
        query.push(")");
    }
    query.push(" order by p.starts_at, p.performance_id limit ").push_bind(limit);
    query
}
