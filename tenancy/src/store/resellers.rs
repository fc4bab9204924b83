//! The table `resellers`.

use foundation::{
    Error, Instant, Refusal, Result, TenantTx,
    id::{AccountId, ResellerId},
    mail::Language,
};

use crate::{Mail, NewAccount, Reseller, ResellerState, TicketUrl, WaitingUrl};

#[derive(sqlx::FromRow)]
struct Row {
    reseller_id: ResellerId,
    account_id: AccountId,
    mode: String,
    state: ResellerState,
    name: String,
    email: String,
    country: String,
    currency: String,
    legal_name: String,
    address: String,
    tax_id: Option<String>,
    archive_after_days: i32,
    mail_enabled: bool,
    mail_sender_name: Option<String>,
    mail_reply_to: Option<String>,
    mail_language: Language,
    mail_ticket_url: Option<TicketUrl>,
    mail_waiting_url: Option<WaitingUrl>,
    version: i64,
    created_at: Instant,
}

impl TryFrom<Row> for Reseller {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self> {
        let unreadable =
            || Error::Inconsistent(format!("reseller {} has an unknown mode or currency", row.reseller_id));
        Ok(Self {
            id: row.reseller_id,
            account: row.account_id,
            mode: row.mode.parse().map_err(|()| unreadable())?,
            state: row.state,
            name: row.name,
            email: row.email,
            country: row.country,
            currency: row.currency.parse().map_err(|_| unreadable())?,
            legal_name: row.legal_name,
            address: row.address,
            tax_id: row.tax_id,
            archive_after_days: row.archive_after_days,
            mail: Mail {
                enabled: row.mail_enabled,
                sender_name: row.mail_sender_name,
                reply_to: row.mail_reply_to,
                language: row.mail_language,
                ticket_url: row.mail_ticket_url,
                waiting_url: row.mail_waiting_url,
            },
            version: row.version,
            created_at: row.created_at,
        })
    }
}

/// Writes the transaction's tenant.
pub(crate) async fn insert(
    tx: &mut TenantTx,
    account: AccountId,
    mode: foundation::Mode,
    new: &NewAccount,
) -> Result<Reseller> {
    let (reseller, form) = (tx.reseller(), new.form());
    sqlx::query_as::<_, Row>(
        "insert into resellers
             (reseller_id, account_id, mode, name, email, country, currency, legal_name, address, tax_id, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, cell_now())
         returning reseller_id, account_id, mode, state, name, email, country, currency, legal_name, address, tax_id,
             archive_after_days, mail_enabled, mail_sender_name, mail_reply_to, mail_language, mail_ticket_url, mail_waiting_url, version, created_at",
    )
    .bind(reseller)
    .bind(account)
    .bind(mode.as_str())
    .bind(&form.name)
    .bind(&form.email)
    .bind(&form.country)
    .bind(new.currency().code())
    .bind(&form.legal_name)
    .bind(&form.address)
    .bind(&form.tax_id)
    .fetch_one(tx.conn())
    .await?
    .try_into()
}

/// The transaction's tenant.
pub(crate) async fn get(tx: &mut TenantTx) -> Result<Reseller> {
    let reseller = tx.reseller();
    sqlx::query_as::<_, Row>(
        "select reseller_id, account_id, mode, state, name, email, country, currency, legal_name, address, tax_id,
                archive_after_days, mail_enabled, mail_sender_name, mail_reply_to, mail_language, mail_ticket_url, mail_waiting_url,
                version, created_at
         from resellers where reseller_id = $1",
    )
    .bind(reseller)
    .fetch_optional(tx.conn())
    .await?
    .ok_or_else(|| Refusal::missing("reseller"))?
    .try_into()
}

/// Holds other changes of the tenant's row off until the transaction ends.
pub(crate) async fn lock(tx: &mut TenantTx) -> Result<()> {
    let reseller = tx.reseller();
    sqlx::query("select reseller_id from resellers where reseller_id = $1 for no key update")
        .bind(reseller)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Writes what its owner may change, if the row still has that version. Returns the version it has now.
pub(crate) async fn update(tx: &mut TenantTx, version: i64, after: &Reseller) -> Result<Option<i64>> {
    let reseller = tx.reseller();
    Ok(sqlx::query_scalar(
        "update resellers set name = $3, email = $4, legal_name = $5, address = $6, tax_id = $7, mail_enabled = $8,
             mail_sender_name = $9, mail_reply_to = $10, mail_language = $11, mail_ticket_url = $12,
             archive_after_days = $13, mail_waiting_url = $14, version = version + 1
         where reseller_id = $1 and version = $2
         returning version",
    )
    .bind(reseller)
    .bind(version)
    .bind(&after.name)
    .bind(&after.email)
    .bind(&after.legal_name)
    .bind(&after.address)
    .bind(&after.tax_id)
    .bind(after.mail.enabled)
    .bind(&after.mail.sender_name)
    .bind(&after.mail.reply_to)
    .bind(after.mail.language)
    .bind(&after.mail.ticket_url)
    .bind(after.archive_after_days)
    .bind(&after.mail.waiting_url)
    .fetch_optional(tx.conn())
    .await?)
}

/// Puts the tenant into this state. Returns whether it was in another.
pub(crate) async fn set_state(tx: &mut TenantTx, state: ResellerState) -> Result<bool> {
    let reseller = tx.reseller();
    let done =
        sqlx::query("update resellers set state = $2, version = version + 1 where reseller_id = $1 and state <> $2")
            .bind(reseller)
            .bind(state)
            .execute(tx.conn())
            .await?;
    Ok(done.rows_affected() == 1)
}
