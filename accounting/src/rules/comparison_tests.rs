//! Each kind of difference by itself, and that nothing else is one.

use super::*;

const PATIENCE: Duration = Duration::from_hours(24);

fn line(of: &str, part: ReportPart, amount: &str) -> ReportLine {
    ReportLine {
        of: of.to_owned(),
        part,
        amount: amount.parse().unwrap(),
        currency: "EUR".parse().unwrap(),
        at: Instant::from_micros(1_800_000_000_000_000),
        name: format!("{of} {part:?}"),
        reseller: None,
        is_timed: true,
    }
}

fn books() -> Vec<ReportLine> {
    vec![
        line("ch_1", ReportPart::Money, "20.00"),
        line("txn_1", ReportPart::Fee, "-0.55"),
        line("re_1", ReportPart::Money, "-10.00"),
        line("re_1", ReportPart::Returned, "10.00"),
        line("txn_9", ReportPart::Money, "-9.45"),
    ]
}

fn kinds(here: &[ReportLine], there: &[ReportLine]) -> Vec<DifferenceKind> {
    compare(here, there, PATIENCE).differences.iter().map(|difference| difference.kind).collect()
}

#[test]
fn equal_sides_in_any_order_differ_in_nothing() {
    let mut there = books();
    there.reverse();
    let compared = compare(&books(), &there, PATIENCE);
    assert_eq!((compared.matched, compared.differences), (5, Vec::new()));
    assert_eq!(compare(&[], &[], PATIENCE), Compared::default());
}

#[test]
fn each_difference_is_told_as_what_it_is() {
    let (here, less) = (books(), books()[1..].to_vec());
    assert_eq!(kinds(&here, &less), [DifferenceKind::MissingThere]);
    assert_eq!(kinds(&less, &here), [DifferenceKind::MissingHere]);
    let twice: Vec<ReportLine> = books().into_iter().chain([books()[2].clone()]).collect();
    assert_eq!(kinds(&twice, &here), [DifferenceKind::DoubledHere]);
    assert_eq!(kinds(&here, &twice), [DifferenceKind::DoubledThere]);
    let mut other = books();
    other[0].amount = "20.01".parse().unwrap();
    assert_eq!(kinds(&here, &other), [DifferenceKind::Amount]);
    other[0].at = other[0].at.plus(2 * PATIENCE);
    assert_eq!(kinds(&here, &other), [DifferenceKind::Amount], "which says more than the time");
    other[0].amount = "-20.00".parse().unwrap();
    assert_eq!(kinds(&here, &other), [DifferenceKind::Amount], "given and taken are not the same");
    other[0].currency = "USD".parse().unwrap();
    assert_eq!(kinds(&here, &other), [DifferenceKind::Currency], "which says more than the amount");
    let mut swapped = books();
    (swapped[0].of, swapped[2].of) = ("re_1".to_owned(), "ch_1".to_owned());
    assert_eq!(kinds(&here, &swapped), [DifferenceKind::Amount, DifferenceKind::Amount]);
}

#[test]
fn lines_too_far_apart_are_late_either_way_and_only_where_clocks_can_be_compared() {
    let at = |seconds: u64| {
        let mut later = books();
        later[3].at = later[3].at.plus(Duration::from_secs(seconds));
        later
    };
    let (here, in_time, late) = (books(), at(86_400), at(86_401));
    assert_eq!(kinds(&here, &in_time), []);
    assert_eq!((kinds(&here, &late), kinds(&late, &here)), (vec![DifferenceKind::Late], vec![DifferenceKind::Late]));
    let mut moved = late.clone();
    moved[3].is_timed = false;
    assert_eq!(kinds(&moved, &here), []);
}

#[test]
fn a_difference_has_both_lines_and_the_providers_time() {
    let mut there = books();
    there[0].amount = "19.00".parse().unwrap();
    there[0].at = there[0].at.plus(Duration::from_secs(5));
    let difference = compare(&books(), &there, PATIENCE).differences.remove(0);
    assert_eq!((difference.here.as_ref(), difference.there.as_ref()), (Some(&books()[0]), Some(&there[0])));
    assert_eq!(difference.at(), Some(there[0].at));
}
