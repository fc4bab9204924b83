//! `/v1/performances`

pub(crate) mod availability;
pub(crate) mod blocks;
pub(crate) mod buyer_limit;
pub(crate) mod cancel;
pub(crate) mod capacity;
pub(crate) mod delete;
pub(crate) mod extra_dates;
pub(crate) mod get;
pub(crate) mod history;
pub(crate) mod list;
pub(crate) mod offers;
pub(crate) mod pools;
pub(crate) mod price_tiers;
pub(crate) mod prices;
mod reached;
pub(crate) mod reprice;
pub(crate) mod reschedule;
pub(crate) mod sale_rounds;
pub(crate) mod seat_map;
pub(crate) mod seating;
pub(crate) mod stream;
pub(crate) mod tickets;
pub(crate) mod update;
pub(crate) mod waitlist;

use std::collections::BTreeMap;

use accounting::TaxRate;
use foundation::{
    Instant, Money, Refusal, Result, TenantTx,
    id::{LayoutId, LayoutVersionId, OfferId, PerformanceId, PriceTierId, ShowId, VenueId},
    local_time::When,
    money::exact_decimal_or_null,
};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use tenancy::{Caller, KeyKind};
use ticketing::{
    rules::{
        self,
        layout::Manifest,
        offer::{NewPrice, NewPriceTier, Offer},
        performance::{NewManifest, NewPerformance, Performance},
        times::GivenTimes,
    },
    store::{performances, shows},
};
use utoipa::ToSchema;

use super::public::public;
use tickets::NewTicketsBody;

/// The performance, if the caller may see its show.
pub(crate) async fn seen(tx: &mut TenantTx, caller: &Caller, id: PerformanceId) -> Result<Performance> {
    let performance = performances::get(tx, id).await?;
    if caller.kind == KeyKind::Publishable {
        let show = shows::get(tx, performance.show).await?;
        public(tx, &show, "performance").await?;
    }
    Ok(performance)
}

/// Whether a performance may be sold when its window is open.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PerformanceState {
    /// The sale window decides.
    Open,
    /// Halted for now.
    Paused,
    /// Ended early.
    Closed,
    /// It will not take place.
    Cancelled,
}

impl From<PerformanceState> for rules::performance::PerformanceState {
    fn from(wire: PerformanceState) -> Self {
        match wire {
            PerformanceState::Open => Self::Open,
            PerformanceState::Paused => Self::Paused,
            PerformanceState::Closed => Self::Closed,
            PerformanceState::Cancelled => Self::Cancelled,
        }
    }
}

impl From<rules::performance::PerformanceState> for PerformanceState {
    fn from(state: rules::performance::PerformanceState) -> Self {
        match state {
            rules::performance::PerformanceState::Open => Self::Open,
            rules::performance::PerformanceState::Paused => Self::Paused,
            rules::performance::PerformanceState::Closed => Self::Closed,
            rules::performance::PerformanceState::Cancelled => Self::Cancelled,
        }
    }
}

/// One dated occurrence of a show.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Performance)]
pub(crate) struct PerformanceView {
    id: PerformanceId,
    show_id: ShowId,
    venue_id: VenueId,
    doors_at: Instant,
    starts_at: Instant,
    ends_at: Instant,
    /// IANA zone of the local times, the venue's.
    time_zone: String,
    on_sale_at: Instant,
    off_sale_at: Instant,
    state: PerformanceState,
    /// Holds and unpaid orders from before then have been ended; null if that never was.
    checkouts_ended_at: Option<Instant>,
    /// Since when it is archived: nothing of it can be changed any more, but for its orders. Null while it is not.
    archived_at: Option<Instant>,
    /// How the venue is set up; null where tickets are made without a layout.
    layout: Option<ManifestView>,
    /// What is sold; only where one performance is read.
    #[serde(skip_serializing_if = "Option::is_none")]
    offers: Option<Vec<OfferView>>,
    /// Counts its changes; also the ETag.
    version: i64,
}

/// How the venue is set up for a performance: what a version says never changes.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Manifest)]
pub(crate) struct ManifestView {
    layout_id: LayoutId,
    layout_version_id: LayoutVersionId,
    /// Of each alternative the option that is chosen.
    choices: BTreeMap<String, String>,
}

impl From<Manifest> for ManifestView {
    fn from(manifest: Manifest) -> Self {
        let Manifest { layout, version, choices } = manifest;
        Self { layout_id: layout, layout_version_id: version, choices }
    }
}

impl From<Performance> for PerformanceView {
    fn from(performance: Performance) -> Self {
        let times = performance.times;
        Self {
            id: performance.id,
            show_id: performance.show,
            venue_id: performance.venue,
            doors_at: times.doors_at,
            starts_at: times.starts_at,
            ends_at: times.ends_at,
            time_zone: performance.time_zone,
            on_sale_at: times.on_sale_at,
            off_sale_at: times.off_sale_at,
            state: performance.state.into(),
            checkouts_ended_at: Some(performance.checkouts_ended_at).filter(|ended| *ended != Instant::LONG_AGO),
            archived_at: performance.archived_at,
            layout: performance.manifest.map(ManifestView::from),
            offers: None,
            version: performance.version,
        }
    }
}

impl PerformanceView {
    pub(crate) fn with_offers(mut self, offers: Vec<Offer>) -> Self {
        self.offers = Some(offers.into_iter().map(OfferView::from).collect());
        self
    }
}

/// What is sold: a ticket type in a price tier, at a price.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Offer)]
pub(crate) struct OfferView {
    id: OfferId,
    price_tier_id: PriceTierId,
    #[schema(example = "stalls")]
    price_tier: String,
    #[schema(example = "adult")]
    ticket_type: String,
    /// The face value.
    price: Money,
    /// The percentage of your own tax that the price includes; null where you have not said it.
    #[schema(value_type = Option<String>, example = "9")]
    tax_rate: Option<TaxRate>,
    /// Counts its changes; also the ETag.
    version: i64,
}

impl From<Offer> for OfferView {
    fn from(offer: Offer) -> Self {
        let Offer { id, price_tier_id, price_tier, ticket_type, price, tax_rate, version } = offer;
        Self { id, price_tier_id, price_tier, ticket_type, price, tax_rate, version }
    }
}

/// A performance to create.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewPerformance)]
pub(crate) struct NewPerformanceBody {
    venue_id: VenueId,
    /// The start unless said.
    doors_at: Option<When>,
    starts_at: When,
    ends_at: When,
    /// At once unless said.
    on_sale_at: Option<When>,
    /// The start unless said.
    off_sale_at: Option<When>,
    /// How the venue is set up. Without a layout, tickets are made as they are listed.
    layout: Option<NewManifestBody>,
    price_tiers: Vec<NewPriceTierBody>,
    #[serde(default)]
    tickets: Vec<NewTicketsBody>,
}

/// Which layout a performance is to use: of its versions the one that is in force when the performance starts.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewManifest)]
pub(crate) struct NewManifestBody {
    layout_id: LayoutId,
    /// Of each alternative of the layout the option to choose, by their names.
    #[serde(default)]
    #[schema(example = json!({ "floor": "standing" }))]
    choices: BTreeMap<String, String>,
}

/// A price tier and what each ticket type costs in it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewPriceTier)]
pub(crate) struct NewPriceTierBody {
    #[schema(example = "stalls")]
    name: String,
    prices: Vec<NewPriceBody>,
}

/// What a ticket type costs.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewPrice)]
pub(crate) struct NewPriceBody {
    /// One of the show's ticket types, by name.
    #[schema(example = "adult")]
    ticket_type: String,
    price: Money,
    /// The percentage of your own tax that the price includes, 0 to 100 with three decimals at most; left out, it is not told.
    #[serde(default, deserialize_with = "exact_decimal_or_null")]
    #[schema(value_type = Option<String>, example = "9")]
    tax_rate: Option<Decimal>,
}

impl NewPerformanceBody {
    /// What the use case takes; `at` is where in the body it stands.
    pub(crate) fn read(self, at: &str) -> Result<NewPerformance, Refusal> {
        let price_tiers = self.price_tiers.into_iter().enumerate();
        let price_tiers = price_tiers.map(|(i, tier)| tier.read(&format!("{at}/price_tiers/{i}")));
        Ok(NewPerformance {
            venue: self.venue_id,
            times: GivenTimes {
                doors_at: self.doors_at,
                starts_at: Some(self.starts_at),
                ends_at: Some(self.ends_at),
                on_sale_at: self.on_sale_at,
                off_sale_at: self.off_sale_at,
            },
            layout: self.layout.map(|layout| NewManifest { layout: layout.layout_id, choices: layout.choices }),
            price_tiers: price_tiers.collect::<Result<_, _>>()?,
            tickets: tickets::read_all(self.tickets, &format!("{at}/tickets"))?,
        })
    }
}

impl NewPriceTierBody {
    fn read(self, at: &str) -> Result<NewPriceTier, Refusal> {
        let prices = self.prices.into_iter().enumerate();
        let prices = prices.map(|(i, price)| price.read(&format!("{at}/prices/{i}"))).collect::<Result<_, _>>()?;
        Ok(NewPriceTier { name: self.name, prices })
    }
}

impl NewPriceBody {
    fn read(self, at: &str) -> Result<NewPrice, Refusal> {
        let Self { ticket_type, price, tax_rate } = self;
        let tax_rate = tax_rate.map(|percent| TaxRate::new(percent, &format!("{at}/tax_rate"))).transpose()?;
        Ok(NewPrice { ticket_type, price, tax_rate })
    }
}
