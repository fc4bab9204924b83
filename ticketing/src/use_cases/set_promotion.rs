//! Creates and changes promotions. A change waits for the holds and orders that are being made with it. What a promotion takes off
//! is never changed: buyers were told; end it and make another.

use foundation::{
    Instant, Refusal, Result, TenantTx, event, id::PromotionId, refusal::FieldErrors, version::IfVersion,
};
use serde_json::json;

use super::stale;
use crate::{
    rules::promotion::{Discount, Promotion},
    store::{offers, promotions, slots},
};

/// What to change; what is not said stays.
#[derive(Debug, Clone, Default)]
pub struct PromotionChanges {
    /// The name.
    pub name: Option<String>,
    /// From when; `Some(None)`: at once.
    pub starts_at: Option<Option<Instant>>,
    /// Until when; `Some(None)`: for ever.
    pub ends_at: Option<Option<Instant>>,
    /// For how many tickets in all.
    pub max_uses: Option<i32>,
    /// For how many tickets of one buyer.
    pub max_per_buyer: Option<i32>,
}

/// Creates a promotion.
///
/// # Errors
/// `invalid_field`, `name_taken` for its code.
pub async fn create_promotion(tx: &mut TenantTx, promotion: &Promotion) -> Result<()> {
    promotion.check()?;
    let now = tx.now().await?;
    if promotion.ends_at.is_some_and(|ends| ends <= now) {
        return Err(Refusal::field("/ends_at", "must be in the future, or it can never be used").into());
    }
    let existing = offers::existing(tx, &promotion.offers).await?;
    let mut fields = FieldErrors::default();
    for (i, offer) in promotion.offers.iter().enumerate() {
        fields.check(existing.contains(offer), format!("/offer_ids/{i}"), "is no offer of yours");
    }
    fields.done()?;
    promotions::insert(tx, promotion).await?;
    Ok(event::append(tx, &[promotion_event("promotion.created", promotion)]).await?)
}

/// Changes the promotion of this version. Where nothing changes, nothing is written.
///
/// # Errors
/// `not_found`, `if_match_stale`, `invalid_field` (fewer uses than there were, or a limit where none was counted).
pub async fn update_promotion(
    tx: &mut TenantTx,
    id: PromotionId,
    version: impl Into<IfVersion>,
    changes: PromotionChanges,
) -> Result<Promotion> {
    let mut promotion = promotions::get(tx, id, true).await?;
    if !version.into().admits(promotion.version) {
        return Err(stale().into());
    }
    let before = promotion.clone();
    promotion.name = changes.name.unwrap_or(promotion.name);
    promotion.starts_at = changes.starts_at.unwrap_or(promotion.starts_at);
    promotion.ends_at = changes.ends_at.unwrap_or(promotion.ends_at);
    promotion.max_uses = changes.max_uses.or(promotion.max_uses);
    promotion.max_per_buyer = changes.max_per_buyer.or(promotion.max_per_buyer);
    promotion.check()?;
    let counted = [
        ("/max_uses", before.max_uses.is_none() && promotion.max_uses.is_some()),
        ("/max_per_buyer", before.max_per_buyer.is_none() && promotion.max_per_buyer.is_some()),
    ];
    if let Some((at, _)) = counted.into_iter().find(|(_, new)| *new) {
        return Err(
            Refusal::field(at, "cannot be set on a promotion that was made without: it has counted nothing").into()
        );
    }
    if let Some(max) = promotion.max_uses.filter(|_| promotion.max_uses != before.max_uses) {
        let now = tx.now().await?;
        if let Some(taken) = slots::fit(tx, id.uuid(), max, now).await? {
            return Err(
                Refusal::field("/max_uses", format!("must be at least {taken}: so many are used or held")).into()
            );
        }
    }
    if promotion == before {
        return Ok(promotion);
    }
    promotion.version = promotions::update(tx, &promotion).await?;
    event::append(tx, &[promotion_event("promotion.updated", &promotion)]).await?;
    Ok(promotion)
}

fn promotion_event(kind: &'static str, promotion: &Promotion) -> event::NewEvent {
    let (percent, amount) = match promotion.discount {
        Discount::Percent(percent) => (Some(percent.normalize().to_string()), None),
        Discount::Amount(amount) => (None, Some(amount)),
    };
    let data = json!({
        "id": promotion.id, "code": promotion.code, "name": promotion.name, "percent": percent, "amount": amount,
        "starts_at": promotion.starts_at, "ends_at": promotion.ends_at, "max_uses": promotion.max_uses,
        "max_per_buyer": promotion.max_per_buyer, "offer_ids": promotion.offers,
    });
    event::NewEvent::of(kind, "promotion", promotion.id, promotion.version, data)
}
