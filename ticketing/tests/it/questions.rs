//! What a show asks its buyers: an order says what is missing, and is not paid without it.

use foundation::{Code, Result, id::QuestionId};
use serde_json::{Value, json};
use ticketing::{
    rules::{
        order::Order,
        payment::Way,
        question::{Kind, Question},
    },
    use_cases::{
        answer_questions::answer_questions,
        create_order::NewOrder,
        set_question::{QuestionChanges, create_question, update_question},
        start_payment::start_payment,
    },
};

use crate::{
    bank::Bank,
    house::{House, code, places},
    lanes::refusal,
    process::{Process, new_order},
};

async fn ask(house: &House, kind: Kind, required: bool) -> Question {
    let choices = if kind == Kind::Choice { vec!["meat".to_owned(), "vegan".to_owned()] } else { Vec::new() };
    let (id, show, text) = (QuestionId::new(), house.show.id, format!("{} please", kind.as_str()));
    let question = Question { id, show, text, kind, choices, required, retired: false, version: 1 };
    let mut tx = house.tx().await;
    create_question(&mut tx, &question).await.unwrap();
    tx.commit().await.unwrap();
    question
}

async fn answer(house: &House, order: &Order, given: &[(QuestionId, Value)]) -> Result<Order> {
    let mut tx = house.tx().await;
    let answered = answer_questions(&mut tx, order.id, order.version, given).await?;
    tx.commit().await.unwrap();
    Ok(answered)
}

fn asked(order: &Order) -> Vec<QuestionId> {
    order.missing(None).into_iter().filter_map(|missing| missing.question).collect()
}

#[tokio::test]
async fn an_order_is_paid_when_all_that_is_required_is_answered() {
    let house = House::with(places(9)).await;
    let (process, bank) = (Process::first(&house), Bank::open().await);
    let (age, food, news) = (
        ask(&house, Kind::Number, true).await,
        ask(&house, Kind::Choice, true).await,
        ask(&house, Kind::YesNo, false).await,
    );
    let hold = process.hold(vec![house.stage().any(1)]).await.unwrap();
    let order =
        process.make_order(&NewOrder { answers: vec![(food.id, json!("vegan"))], ..new_order(hold.id) }).await.unwrap();
    assert_eq!(asked(&order), [age.id]);
    let refused =
        start_payment(&process.inventory, &bank.providers.test, house.reseller, order.id, &Way::ClientSecret).await;
    let told = refusal(refused).alternatives.unwrap();
    assert_eq!((&told["missing"][0]["code"], &told["missing"][0]["question_id"]), (&json!("answer"), &json!(age.id)));
    for (question, wrong) in [(&age, json!("old")), (&food, json!("fish")), (&news, json!("yes"))] {
        let refused = refusal(answer(&house, &order, &[(question.id, wrong)]).await);
        assert_eq!((refused.code, refused.errors[0].pointer.as_str()), (Code::InvalidField, "/answers/0/value"));
    }
    assert_eq!(code(answer(&house, &order, &[(QuestionId::new(), json!(1))]).await), Code::InvalidField);
    let twice = refusal(answer(&house, &order, &[(age.id, json!(41)), (age.id, json!(42))]).await);
    assert_eq!(twice.errors[0].pointer, "/answers/1/question_id");
    let answered = answer(&house, &order, &[(age.id, json!(42)), (news.id, json!(true))]).await.unwrap();
    assert_eq!(asked(&answered), []);
    assert_eq!(code(answer(&house, &order, &[(age.id, json!(43))]).await), Code::IfMatchStale);
    let without = answer(&house, &answered, &[(age.id, Value::Null)]).await.unwrap();
    assert_eq!(asked(&without), [age.id], "null takes an answer away");
    answer(&house, &without, &[(age.id, json!(43))]).await.unwrap();
    bank.start(&process, order.id).await;
    assert_eq!(house.order(order.id).await.answers[&age.id], json!(43));
    house.end().await;
}

#[tokio::test]
async fn what_is_no_longer_asked_keeps_its_answers_and_is_not_missing() {
    let house = House::with(places(9)).await;
    let process = Process::first(&house);
    let (age, food) = (ask(&house, Kind::Number, true).await, ask(&house, Kind::Choice, true).await);
    let hold = process.hold(vec![house.stage().any(1)]).await.unwrap();
    let order =
        process.make_order(&NewOrder { answers: vec![(food.id, json!("meat"))], ..new_order(hold.id) }).await.unwrap();
    let mut tx = house.tx().await;
    let retired = QuestionChanges { retired: Some(true), ..QuestionChanges::default() };
    assert_eq!(code(update_question(&mut tx, house.show.id, age.id, 2, retired.clone()).await), Code::IfMatchStale);
    for question in [&age, &food] {
        update_question(&mut tx, house.show.id, question.id, 1, retired.clone()).await.unwrap();
    }
    let none = QuestionChanges { choices: Some(Vec::new()), ..QuestionChanges::default() };
    assert_eq!(code(update_question(&mut tx, house.show.id, food.id, 2, none).await), Code::InvalidField);
    tx.commit().await.unwrap();
    let now = house.order(order.id).await;
    assert_eq!((asked(&now), now.answers[&food.id].clone()), (Vec::new(), json!("meat")));
    assert_eq!(code(answer(&house, &now, &[(age.id, json!(1))]).await), Code::InvalidField);
    house.end().await;
}
