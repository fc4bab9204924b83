//! `docs/lifecycles.md` against the transition tables in the code.

use std::collections::BTreeMap;

use ticketing::rules::{
    block::BlockState,
    choice::ChoiceState,
    layout::LayoutState,
    order::{Credential, HoldState, OrderState},
    payment::{DisputeState, PaymentState, RefundState},
    payout::PayoutState,
    waitlist::EntryState,
};

const DOCUMENT: &str = include_str!("../../../docs/lifecycles.md");

/// Each object's lines, as they stand under its heading.
fn written() -> BTreeMap<&'static str, Vec<String>> {
    let sections = DOCUMENT.split("\n## ").skip(1);
    let lines = |text: &str| text.lines().filter(|line| line.starts_with("- ")).map(ToOwned::to_owned).collect();
    sections
        .map(|section| section.split_once('\n').unwrap_or((section, "")))
        .map(|(name, text)| (name, lines(text)))
        .collect()
}

macro_rules! table {
    ($state:ty) => {{
        let line = |state: &$state| {
            let next: Vec<String> = state.next().iter().map(|next| format!("`{}`", next.as_str())).collect();
            let follows = if next.is_empty() { "(end)".to_owned() } else { format!("→ {}", next.join(", ")) };
            format!("- `{}` {follows}", state.as_str())
        };
        <$state>::ALL.iter().map(line).collect::<Vec<String>>()
    }};
}

#[test]
fn lifecycles_document_matches_the_code() {
    let coded = BTreeMap::from([
        ("hold", table!(HoldState)),
        ("order", table!(OrderState)),
        ("payment", table!(PaymentState)),
        ("refund", table!(RefundState)),
        ("dispute", table!(DisputeState)),
        ("payout", table!(PayoutState)),
        ("credential", table!(Credential)),
        ("layout version", table!(LayoutState)),
        ("block", table!(BlockState)),
        ("waitlist entry", table!(EntryState)),
        ("rescheduling", table!(ChoiceState)),
        ("cancellation", table!(ChoiceState)),
    ]);
    assert_eq!(written(), coded);
}
