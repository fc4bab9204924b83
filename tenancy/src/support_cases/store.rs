//! The SQL of support cases.

use foundation::{Cell, Refusal, Result, TenantTx, id::SupportCaseId};

use super::{Author, CaseLine, CaseState, Message, NewCase, SupportCase};
use crate::store::resellers;

/// How many cases are neither resolved nor closed. Holds off others that are being opened until the transaction ends.
pub(super) async fn count_open_locked(tx: &mut TenantTx) -> Result<i64> {
    resellers::lock(tx).await?;
    let reseller = tx.reseller();
    Ok(sqlx::query_scalar(
        "select count(*) from support_cases
         where reseller_id = $1 and state in ('open', 'waiting_for_us', 'waiting_for_reseller')",
    )
    .bind(reseller)
    .fetch_one(tx.conn())
    .await?)
}

/// Which field names something that is not there, by the constraint that it broke.
fn not_there(constraint: &str) -> Option<Refusal> {
    let (pointer, what) = match constraint {
        "support_cases_order_fkey" => ("/order_id", "order"),
        "support_cases_item_fkey" => ("/item_no", "ticket of the order"),
        "support_cases_payment_fkey" => ("/payment_id", "payment"),
        "support_cases_payout_fkey" => ("/payout_id", "payout"),
        _ => return None,
    };
    Some(Refusal::field(pointer, format!("names no {what} of yours")))
}

/// Writes a case without messages.
pub(super) async fn insert(tx: &mut TenantTx, new: &NewCase) -> Result<SupportCaseId> {
    let (reseller, id) = (tx.reseller(), SupportCaseId::new());
    let inserted = sqlx::query(
        "insert into support_cases (reseller_id, case_id, category, subject, order_id, item_no, payment_id, payout_id,
                                    created_at, written_at)
         select $1, $2, $3, $4, $5, $6, $7, $8, n.now, n.now from (select cell_now() as now) n",
    )
    .bind(reseller)
    .bind(id)
    .bind(new.category)
    .bind(&new.subject)
    .bind(new.order_id)
    .bind(new.item_no)
    .bind(new.payment_id)
    .bind(new.payout_id)
    .execute(tx.conn())
    .await;
    match inserted {
        Ok(_) => Ok(id),
        Err(error) => {
            let constraint = error.as_database_error().and_then(|e| e.constraint());
            Err(constraint.and_then(not_there).map_or_else(|| error.into(), Into::into))
        }
    }
}

/// Adds the next message of a locked case.
pub(super) async fn add(tx: &mut TenantTx, case: &mut SupportCase, operator: Option<&str>, text: &str) -> Result<()> {
    let reseller = tx.reseller();
    let author = if operator.is_some() { Author::Operator } else { Author::Reseller };
    (case.messages, case.written_at) = sqlx::query_as(
        "with written as (
             insert into support_messages (reseller_id, case_id, message_no, author, operator, text, created_at)
             values ($1, $2, $3, $4, $5, $6, cell_now()) returning message_no, created_at)
         update support_cases c set messages = w.message_no, written_at = w.created_at from written w
         where c.reseller_id = $1 and c.case_id = $2 returning c.messages, c.written_at",
    )
    .bind(reseller)
    .bind(case.id)
    .bind(case.messages + 1)
    .bind(author)
    .bind(operator)
    .bind(text)
    .fetch_one(tx.conn())
    .await?;
    Ok(())
}

/// Writes state and assignee of a locked case and counts its version up.
pub(super) async fn save(tx: &mut TenantTx, case: &mut SupportCase) -> Result<()> {
    let reseller = tx.reseller();
    case.version = sqlx::query_scalar(
        "update support_cases set state = $3, assignee = $4, version = version + 1
         where reseller_id = $1 and case_id = $2 returning version",
    )
    .bind(reseller)
    .bind(case.id)
    .bind(case.state)
    .bind(&case.assignee)
    .fetch_one(tx.conn())
    .await?;
    Ok(())
}

const COLUMNS: &str =
    "case_id, state, category, subject, order_id, item_no, payment_id, payout_id, assignee, messages, created_at,
                       written_at, version";

/// The case of this id, locked until the end of the transaction if so wanted.
pub(super) async fn find(tx: &mut TenantTx, id: SupportCaseId, lock: bool) -> Result<SupportCase> {
    let reseller = tx.reseller();
    let lock = if lock { "for update" } else { "" };
    let sql = format!("select {COLUMNS} from support_cases where reseller_id = $1 and case_id = $2 {lock}");
    let found = sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(reseller).bind(id).fetch_optional(tx.conn()).await?;
    found.ok_or_else(|| Refusal::missing("support case").into())
}

/// The tenant's cases before this one, newest first.
pub(super) async fn list(
    tx: &mut TenantTx,
    state: Option<CaseState>,
    before: Option<SupportCaseId>,
    limit: i64,
) -> Result<Vec<SupportCase>> {
    let reseller = tx.reseller();
    let sql = format!(
        "select {COLUMNS} from support_cases
         where reseller_id = $1 and ($2::text is null or state = $2) and ($3::uuid is null or case_id < $3)
         order by case_id desc limit $4"
    );
    let rows = sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(reseller).bind(state).bind(before).bind(limit);
    Ok(rows.fetch_all(tx.conn()).await?)
}

/// All tenants' cases after this one, oldest first.
pub(super) async fn list_all(
    cell: &Cell,
    state: Option<CaseState>,
    after: Option<SupportCaseId>,
    limit: i64,
) -> Result<Vec<CaseLine>> {
    Ok(sqlx::query_as(
        "select case_id, reseller_id, state, category, assignee, messages, created_at, written_at from support_cases
         where ($1::text is null or state = $1) and ($2::uuid is null or case_id > $2) order by case_id limit $3",
    )
    .bind(state)
    .bind(after)
    .bind(limit)
    .fetch_all(cell.workers())
    .await?)
}

/// A case's messages after this one, first first.
pub(super) async fn messages(
    tx: &mut TenantTx,
    id: SupportCaseId,
    after: Option<i32>,
    limit: i64,
) -> Result<Vec<Message>> {
    let reseller = tx.reseller();
    Ok(sqlx::query_as(
        "select message_no, author, operator, text, created_at from support_messages
         where reseller_id = $1 and case_id = $2 and message_no > $3 order by message_no limit $4",
    )
    .bind(reseller)
    .bind(id)
    .bind(after.unwrap_or(0))
    .bind(limit)
    .fetch_all(tx.conn())
    .await?)
}
