//! The SQL of questions.

use foundation::{
    Refusal, Result, TenantTx,
    id::{QuestionId, ShowId},
};

use super::known;
use crate::rules::question::{Kind, Question};

#[derive(sqlx::FromRow)]
struct Row {
    question_id: QuestionId,
    show_id: ShowId,
    text: String,
    kind: String,
    choices: Vec<String>,
    required: bool,
    retired: bool,
    version: i64,
}

impl Row {
    fn question(self) -> Result<Question> {
        Ok(Question {
            id: self.question_id,
            show: self.show_id,
            text: self.text,
            kind: known("a question's kind", &self.kind, Kind::parse(&self.kind))?,
            choices: self.choices,
            required: self.required,
            retired: self.retired,
            version: self.version,
        })
    }
}

/// The questions of shows, in their order.
///
/// # Errors
/// The database's.
pub async fn of_shows(tx: &mut TenantTx, shows: &[ShowId]) -> Result<Vec<Question>> {
    let reseller = tx.reseller();
    let rows: Vec<Row> = sqlx::query_as(
        "select question_id, show_id, text, kind, choices, required, retired, version from questions
         where reseller_id = $1 and show_id = any($2) order by show_id, position",
    )
    .bind(reseller)
    .bind(shows)
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Row::question).collect()
}

/// The question of this id.
///
/// # Errors
/// `not_found`, or the database's.
pub async fn get(tx: &mut TenantTx, show: ShowId, id: QuestionId) -> Result<Question> {
    let questions = of_shows(tx, &[show]).await?;
    questions.into_iter().find(|question| question.id == id).ok_or_else(|| Refusal::missing("question").into())
}

/// Writes a new question as the last of its locked show.
///
/// # Errors
/// The database's.
pub async fn insert(tx: &mut TenantTx, question: &Question) -> Result<()> {
    let reseller = tx.reseller();
    sqlx::query(
        "insert into questions (reseller_id, show_id, question_id, position, text, kind, choices, required, created_at)
         select $1, $2, $3, coalesce(max(position), 0) + 1, $4, $5, $6, $7, cell_now()
         from questions where reseller_id = $1 and show_id = $2",
    )
    .bind(reseller)
    .bind(question.show)
    .bind(question.id)
    .bind(&question.text)
    .bind(question.kind.as_str())
    .bind(&question.choices)
    .bind(question.required)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Writes what may change of a question of a locked show. Gives its new version.
///
/// # Errors
/// The database's.
pub async fn update(tx: &mut TenantTx, question: &Question) -> Result<i64> {
    let reseller = tx.reseller();
    Ok(sqlx::query_scalar(
        "update questions set text = $4, choices = $5, required = $6, retired = $7, version = version + 1
         where reseller_id = $1 and show_id = $2 and question_id = $3 returning version",
    )
    .bind(reseller)
    .bind(question.show)
    .bind(question.id)
    .bind(&question.text)
    .bind(&question.choices)
    .bind(question.required)
    .bind(question.retired)
    .fetch_one(tx.conn())
    .await?)
}
