//! What a show asks its buyers, and what counts as an answer. Pure.

use foundation::{
    Refusal,
    id::{QuestionId, ShowId},
    refusal::FieldErrors,
};
use serde_json::Value;

use super::{as_text, words::name};

/// The most questions of a show that are asked.
pub const QUESTIONS_MAX: usize = 50;
/// The most that can be chosen from.
pub const CHOICES_MAX: usize = 100;
/// The most bytes of an answer.
const ANSWER_MAX: usize = 1_000;

/// What kind of answer is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Some words.
    Text,
    /// A whole number.
    Number,
    /// A day.
    Date,
    /// Yes or no.
    YesNo,
    /// One of some.
    Choice,
}

as_text! { Kind { Text = "text", Number = "number", Date = "date", YesNo = "yes_no", Choice = "choice" } }

/// A question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Its id.
    pub id: QuestionId,
    /// The show that asks.
    pub show: ShowId,
    /// What is asked.
    pub text: String,
    /// What kind of answer is wanted.
    pub kind: Kind,
    /// What may be chosen.
    pub choices: Vec<String>,
    /// Whether an order can be paid without an answer.
    pub required: bool,
    /// Whether it is no longer asked.
    pub retired: bool,
    /// Counts its changes.
    pub version: i64,
}

impl Question {
    /// Checks a question.
    ///
    /// # Errors
    /// `invalid_field` naming all that are wrong.
    pub fn check(&self) -> Result<(), Refusal> {
        let mut fields = FieldErrors::default();
        name(&mut fields, "/text", &self.text);
        let some = self.kind == Kind::Choice;
        fields.check(some != self.choices.is_empty(), "/choices", "must be given for a choice, and for nothing else");
        fields.check(self.choices.len() <= CHOICES_MAX, "/choices", format!("must be at most {CHOICES_MAX}"));
        for (i, choice) in self.choices.iter().enumerate() {
            name(&mut fields, &format!("/choices/{i}"), choice);
            fields.check(!self.choices[..i].contains(choice), format!("/choices/{i}"), "is there twice");
        }
        fields.done()
    }

    /// Whether this answers it; if not, what would.
    ///
    /// # Errors
    /// What would.
    pub fn answered_by(&self, answer: &Value) -> Result<(), String> {
        let fits = match (self.kind, answer) {
            (Kind::Text, Value::String(text)) => {
                !text.trim().is_empty()
                    && text.len() <= ANSWER_MAX
                    && !text.chars().any(|c| c.is_control() && c != '\n')
            }
            (Kind::Number, Value::Number(number)) => number.is_i64(),
            (Kind::Date, Value::String(text)) => text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok(),
            (Kind::YesNo, Value::Bool(_)) => true,
            (Kind::Choice, Value::String(text)) => self.choices.contains(text),
            _ => false,
        };
        if fits {
            return Ok(());
        }
        Err(match self.kind {
            Kind::Text => format!("must be 1 to {ANSWER_MAX} bytes of text"),
            Kind::Number => "must be a whole number".to_owned(),
            Kind::Date => "must be a day such as \"2001-12-31\"".to_owned(),
            Kind::YesNo => "must be true or false".to_owned(),
            Kind::Choice => format!("must be one of: {}", self.choices.join(", ")),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_kind_takes_its_own_answers_only() {
        let answers = [json!("in words"), json!(42), json!("2001-12-31"), json!(true), json!("vegan")];
        let kinds = [Kind::Text, Kind::Number, Kind::Date, Kind::YesNo, Kind::Choice];
        for (k, kind) in kinds.into_iter().enumerate() {
            let choices = if kind == Kind::Choice { vec!["vegan".to_owned()] } else { Vec::new() };
            let question = Question {
                id: QuestionId::new(),
                show: ShowId::new(),
                text: "?".to_owned(),
                kind,
                choices,
                required: true,
                retired: false,
                version: 1,
            };
            question.check().unwrap();
            for (a, answer) in answers.iter().enumerate() {
                // Any words are text.
                let fits = a == k || (kind == Kind::Text && answer.is_string());
                assert_eq!(question.answered_by(answer).is_ok(), fits, "{kind:?}: {answer}");
            }
            for never in [json!(null), json!(""), json!(1.5), json!(["a"]), json!("2001-02-30x")] {
                let fits = kind == Kind::Text && never == "2001-02-30x";
                assert_eq!(question.answered_by(&never).is_ok(), fits, "{kind:?}: {never}");
            }
            let wrong =
                Question { choices: if kind == Kind::Choice { Vec::new() } else { vec!["a".to_owned()] }, ..question };
            assert!(wrong.check().is_err(), "{kind:?}");
        }
    }
}
