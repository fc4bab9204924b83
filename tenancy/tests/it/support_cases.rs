//! Support cases: whose turn it is, what is told of them, and how many there may be.

use foundation::{Code, id::ResellerId, page::PageOf};
use serde_json::Value;
use tenancy::support_cases::{
    Author, CaseState, Category, MESSAGES_MAX, NewCase, OPEN_MAX, SupportCase, answer, assign, close, list, list_all,
    messages, open, resolve, write,
};
use testkit::Database;

use crate::desk::{code, test_environment};

fn new() -> NewCase {
    let (subject, text) = ("Where is my money?".to_owned(), "It has not come.".to_owned());
    let (order_id, item_no, payment_id, payout_id) = (None, None, None, None);
    NewCase { category: Category::Payouts, subject, text, order_id, item_no, payment_id, payout_id }
}

fn page<K>(after: Option<K>, limit: u32) -> PageOf<K> {
    PageOf { after, limit }
}

/// What was told of cases, in the order in which it was written.
async fn told(db: &Database, reseller: ResellerId) -> Vec<(String, Value)> {
    let sql = "select e.type, e.data from event_inbox i
               join events e on (e.reseller_id, e.event_id) = (i.reseller_id, i.event_id)
               where i.reseller_id = $1 and e.object_type = 'support_case' order by i.seq";
    sqlx::query_as(sql).bind(reseller).fetch_all(&mut db.as_owner().await).await.unwrap()
}

#[tokio::test]
async fn a_case_goes_to_and_fro_and_nothing_of_what_was_written_is_told_elsewhere() {
    let db = Database::create().await;
    let reseller = test_environment(&db).await.reseller.id;
    let mut tx = db.cell().tenant(reseller).await.unwrap();
    let case = open(&mut tx, &new()).await.unwrap();
    assert_eq!((case.state, case.messages, case.version), (CaseState::Open, 1, 1));
    let states = |case: SupportCase| (case.state, case.assignee);
    assert_eq!(states(write(&mut tx, case.id, "Hello?").await.unwrap()), (CaseState::Open, None));
    let answered = answer(&mut tx, case.id, "grace", "We are looking.").await.unwrap();
    assert_eq!(states(answered), (CaseState::WaitingForReseller, Some("grace".to_owned())));
    assert_eq!(write(&mut tx, case.id, "Thank you.").await.unwrap().state, CaseState::WaitingForUs);
    assign(&mut tx, case.id, ("grace", "she knows banks"), "ada").await.unwrap();
    let resolved = resolve(&mut tx, case.id, "ada", "It is there.").await.unwrap();
    assert_eq!(states(resolved), (CaseState::Resolved, Some("ada".to_owned())));
    assert_eq!(code(answer(&mut tx, case.id, "ada", "Or is it?").await), Code::CaseNotOpen);
    assert_eq!(code(resolve(&mut tx, case.id, "ada", "It is there.").await), Code::CaseNotOpen, "once");
    assign(&mut tx, case.id, ("ada", "she has time"), "grace").await.unwrap();
    assign(&mut tx, case.id, ("grace", "she has none"), "ada").await.unwrap();
    assert_eq!(write(&mut tx, case.id, "It is not.").await.unwrap().state, CaseState::WaitingForUs);
    let last = resolve(&mut tx, case.id, "ada", "Now it is.").await.unwrap();
    assert_eq!(close(&mut tx, case.id).await.unwrap().version, last.version + 1);
    for refused in [
        code(write(&mut tx, case.id, "One more").await),
        code(answer(&mut tx, case.id, "ada", "One more").await),
        code(resolve(&mut tx, case.id, "ada", "One more").await),
        code(assign(&mut tx, case.id, ("ada", "why"), "grace").await),
        code(close(&mut tx, case.id).await),
    ] {
        assert_eq!(refused, Code::CaseClosed);
    }
    let whole = messages(&mut tx, case.id, &page(None, 100)).await.unwrap().items;
    let by: Vec<_> = whole.iter().map(|message| (message.no, message.author, message.operator.as_deref())).collect();
    let (us, them) = (Author::Operator, Author::Reseller);
    assert_eq!(
        by,
        [
            (1, them, None),
            (2, them, None),
            (3, us, Some("grace")),
            (4, them, None),
            (5, us, Some("ada")),
            (6, them, None),
            (7, us, Some("ada"))
        ]
    );
    tx.commit().await.unwrap();
    let told = told(&db, reseller).await;
    let kinds: Vec<_> = told.iter().map(|(kind, _)| kind.trim_start_matches("support_case.")).collect();
    assert_eq!(
        kinds,
        [
            "opened", "updated", "answered", "updated", "updated", "resolved", "updated", "updated", "reopened",
            "resolved", "closed"
        ]
    );
    let letters: Vec<(String, Value)> =
        sqlx::query_as("select recipient, data from mail_outbox where kind = 'support_case_answered' and to_reseller")
            .fetch_all(&mut db.as_owner().await)
            .await
            .unwrap();
    assert_eq!(letters.len(), 3, "each answer");
    for (_, data) in told.iter().chain(&letters) {
        for written in ["money", "come", "looking", "grace", "ada"] {
            assert!(!data.to_string().contains(written), "{data}");
        }
    }
    assert!(letters.iter().all(|(to, _)| to == "office@stadium.example"));
}

#[tokio::test]
async fn what_operators_did_about_a_case_is_in_the_audit_log_and_the_list_over_all_shows_nothing_written() {
    let db = Database::create().await;
    let (first, second) = (test_environment(&db).await.reseller.id, test_environment(&db).await.reseller.id);
    let mut cases = Vec::new();
    for reseller in [first, second, first] {
        let mut tx = db.cell().tenant(reseller).await.unwrap();
        cases.push(open(&mut tx, &new()).await.unwrap().id);
        tx.commit().await.unwrap();
    }
    let mut tx = db.cell().tenant(first).await.unwrap();
    answer(&mut tx, cases[2], "grace", "We are looking.").await.unwrap();
    assert_eq!(code(answer(&mut tx, cases[1], "grace", "Whose is it?").await), Code::NotFound, "another's");
    assert_eq!(code(assign(&mut tx, cases[2], ("grace", " "), "ada").await), Code::InvalidField);
    let audit = tenancy::list_audit(&mut tx, &page(None, 10)).await.unwrap().items;
    assert_eq!((audit.len(), audit[0].act.as_str(), audit[0].operator.as_str()), (1, "case.answered", "grace"));
    let own = list(&mut tx, None, &page(None, 10)).await.unwrap().items;
    assert_eq!(own.iter().map(|case| case.id).collect::<Vec<_>>(), [cases[2], cases[0]]);
    let open = list(&mut tx, Some(CaseState::Open), &page(Some(cases[2]), 10)).await.unwrap().items;
    assert_eq!(open.iter().map(|case| case.id).collect::<Vec<_>>(), [cases[0]]);
    tx.commit().await.unwrap();
    let all = list_all(db.cell(), None, None, 10).await.unwrap();
    assert_eq!(all.iter().map(|line| line.id).collect::<Vec<_>>(), cases);
    let waiting = list_all(db.cell(), Some(CaseState::Open), Some(cases[0]), 10).await.unwrap();
    assert_eq!(waiting.iter().map(|line| (line.id, line.reseller_id)).collect::<Vec<_>>(), [(cases[1], second)]);
    let read = sqlx::query("select subject from support_cases").execute(db.cell().workers()).await;
    assert!(read.unwrap_err().to_string().contains("permission denied"));
}

#[tokio::test]
async fn cases_and_what_is_written_of_one_have_an_end() {
    let db = Database::create().await;
    let reseller = test_environment(&db).await.reseller.id;
    let mut tx = db.cell().tenant(reseller).await.unwrap();
    let first = open(&mut tx, &new()).await.unwrap();
    for _ in 1..OPEN_MAX {
        open(&mut tx, &new()).await.unwrap();
    }
    assert_eq!(code(open(&mut tx, &new()).await), Code::TooManyCases);
    close(&mut tx, first.id).await.unwrap();
    let case = open(&mut tx, &new()).await.unwrap();
    for _ in 1..MESSAGES_MAX {
        write(&mut tx, case.id, "And?").await.unwrap();
    }
    assert_eq!(code(write(&mut tx, case.id, "And?").await), Code::CaseFull);
    assert_eq!(code(answer(&mut tx, case.id, "ada", "What?").await), Code::CaseFull);
    tx.commit().await.unwrap();
}
