//! `GET /v1/payout_settings`

use ticketing::store::payout_settings;

use super::PayoutSettingsView;
use crate::web::{Allowed, Answer, Reply, scope::FinanceRead};

/// Shows how you are paid out.
#[utoipa::path(get, path = "/v1/payout_settings", tag = "Finance", responses((status = 200, body = PayoutSettingsView)))]
pub(crate) async fn get(allowed: Allowed<FinanceRead>) -> Answer {
    let settings = payout_settings::get(&mut allowed.snapshot().await?).await?;
    let version = settings.version;
    Reply::versioned(&PayoutSettingsView::from(settings), version)
}
