//! `PATCH /v1/performances/{performance_id}/offers/{offer_id}`

use accounting::TaxRate;
use foundation::{
    Money,
    id::{OfferId, PerformanceId},
    money::exact_decimal_or_null,
};
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer};
use ticketing::use_cases::update_offer::{OfferChanges, update_offer};
use utoipa::ToSchema;

use super::super::OfferView;
use crate::web::{Allowed, Answer, Body, IfMatch, Path, Reply, caller::commit, scope::ShowsWrite};

/// What to change; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = OfferChanges)]
pub(crate) struct OfferChangesBody {
    price: Option<Money>,
    /// The percentage of your own tax that the price includes, 0 to 100 with three decimals at most; null: it is not told any more.
    #[serde(default, deserialize_with = "given_decimal")]
    #[schema(value_type = Option<String>, example = "9")]
    tax_rate: Option<Option<Decimal>>,
}

/// A decimal that is given, or null: not the same as left out.
fn given_decimal<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<Decimal>>, D::Error> {
    exact_decimal_or_null(deserializer).map(Some)
}

/// Changes an offer's price, as long as nothing of the performance was held (after that by `…/reprice`), and the tax in it, which reaches
/// holds that are not ordered yet; orders keep theirs.
#[utoipa::path(patch, path = "/v1/performances/{performance_id}/offers/{offer_id}", tag = "Performances", params(("performance_id" = PerformanceId, Path), ("offer_id" = OfferId, Path)), request_body = OfferChangesBody, responses((status = 200, body = OfferView)))]
pub(crate) async fn update(
    allowed: Allowed<ShowsWrite>,
    Path((performance, id)): Path<(PerformanceId, OfferId)>,
    IfMatch(version): IfMatch,
    Body(body): Body<OfferChangesBody>,
) -> Answer {
    let tax_rate = body.tax_rate.map(|percent| percent.map(|percent| TaxRate::new(percent, "/tax_rate")).transpose());
    let changes = OfferChanges { price: body.price, tax_rate: tax_rate.transpose()? };
    let mut tx = allowed.tx().await?;
    let offer = update_offer(&mut tx, performance, id, version, changes).await?;
    commit(tx).await?;
    allowed.services.inventory.forget(allowed.caller.reseller, performance);
    let version = offer.version;
    Reply::versioned(&OfferView::from(offer), version)
}
