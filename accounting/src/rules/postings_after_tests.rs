//! The golden numbers of what comes after a sale: disputes, credit, payouts, corrections.

use foundation::id::{
    AdjustmentId, CreditId, DisputeId, JournalId, OrderId, PaymentId, PayoutId, PerformanceId, RefundId,
};
use jiff::civil::date;

use super::{
    corrections::{Adjustment, Reason, hosting, reversal},
    credits::Credited,
    disputes::{Disputed, DisputedMoney, ProviderMoney, Takeable},
    payouts::{Payout, PerformanceMoney, settled},
    *,
};

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn eur() -> Currency {
    "EUR".parse().unwrap()
}

fn written(journal: &Journal) -> Vec<(&'static str, String)> {
    journal.lines().iter().map(|line| (line.account.as_str(), line.amount.to_string())).collect()
}

fn lines(expected: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
    expected.iter().map(|&(account, amount)| (account, amount.to_owned())).collect()
}

fn money(name: &str, fee: &str) -> ProviderMoney {
    ProviderMoney { name: name.to_owned(), fee: decimal(fee), at: None }
}

fn disputed(own: &str, excess: &str) -> Disputed {
    Disputed {
        dispute: DisputeId::new(),
        order: OrderId::new(),
        payment: PaymentId::new(),
        currency: eur(),
        own: decimal(own),
        excess: decimal(excess),
        ticket_tax: Decimal::ZERO,
    }
}

#[test]
fn the_golden_dispute_holds_100_and_costs_15() {
    let opened = disputed("100.00", "0").taken(&money("txn_1", "15.00"), Pot::Available).unwrap();
    let expected = [
        ("psp_dispute_hold", "100.00"),
        ("psp_clearing", "-100.00"),
        ("reseller_available", "100.00"),
        ("reseller_dispute_reserve", "-100.00"),
        ("reseller_available", "15.00"),
        ("psp_clearing", "-15.00"),
    ];
    assert_eq!(written(&opened), lines(&expected));
    assert_eq!(opened.source().to_string(), "dispute:txn_1");
}

#[test]
fn a_dispute_that_is_won_undoes_what_was_held_and_the_fee_as_far_as_it_comes_back() {
    let dispute = disputed("100.00", "0");
    let won = dispute.given_back(&money("txn_2", "0"), Pot::Available).unwrap();
    let back = [
        ("psp_clearing", "100.00"),
        ("psp_dispute_hold", "-100.00"),
        ("reseller_dispute_reserve", "100.00"),
        ("reseller_available", "-100.00"),
    ];
    assert_eq!(written(&won), lines(&back));
    let with_fee = dispute.given_back(&money("txn_2", "-15.00"), Pot::Available).unwrap();
    let fee = [("reseller_available", "-15.00"), ("psp_clearing", "15.00")];
    assert_eq!(written(&with_fee)[4..], lines(&fee));
}

#[test]
fn a_dispute_that_is_lost_is_the_resellers_loss_or_the_platforms_and_never_more_than_the_reseller_had() {
    let lost = disputed("100.00", "0").lost(Bearer::Reseller, Pot::Available).unwrap();
    assert_eq!(written(&lost), lines(&[("reseller_dispute_reserve", "100.00"), ("psp_dispute_hold", "-100.00")]));
    let platforms = disputed("100.00", "0").lost(Bearer::Platform, Pot::Available).unwrap();
    let borne = [("exp_dispute_loss", "100.00"), ("reseller_available", "-100.00")];
    assert_eq!(written(&platforms)[2..], lines(&borne));
    // 60.00 of it had been given back to the buyer before.
    let beyond = disputed("40.00", "60.00").lost(Bearer::Reseller, Pot::Available).unwrap();
    let expected = [
        ("reseller_dispute_reserve", "40.00"),
        ("psp_dispute_hold", "-40.00"),
        ("suspense", "60.00"),
        ("psp_dispute_hold", "-60.00"),
    ];
    assert_eq!(written(&beyond), lines(&expected));
}

#[test]
fn the_golden_credit_is_redeemed_in_part_and_the_rest_expires() {
    let credit = Credited { credit: CreditId::new(), currency: eur(), amount: decimal("100.00") };
    let of = |amount: &str| Credited { amount: decimal(amount), ..credit };
    let order = OrderId::new();
    let given = credit.given(Bearer::Reseller, Pot::Pending, Some(order)).unwrap();
    assert_eq!(written(&given), lines(&[("reseller_pending", "100.00"), ("voucher_outstanding", "-100.00")]));
    let redeemed = of("80.00").redeemed(order).unwrap();
    assert_eq!(written(&redeemed), lines(&[("voucher_outstanding", "80.00"), ("reseller_pending", "-80.00")]));
    let expired = of("20.00").expired(Bearer::Reseller).unwrap();
    assert_eq!(written(&expired), lines(&[("voucher_outstanding", "20.00"), ("reseller_available", "-20.00")]));
    let goodwill = credit.given(Bearer::Platform, Pot::Pending, None).unwrap();
    assert_eq!(written(&goodwill)[0], ("exp_goodwill", "100.00".to_owned()));
    assert!(of("0").redeemed(order).is_err());
}

#[test]
fn an_order_paid_with_credit_brings_only_the_rest_from_the_provider() {
    let sale_of = |by_credit: &str| Sale {
        order: OrderId::new(),
        currency: eur(),
        total: decimal("100.00"),
        by_credit: decimal(by_credit),
        items: vec![SoldItem {
            item_no: 1,
            show: foundation::id::ShowId::new(),
            performance: PerformanceId::new(),
            ticket: foundation::id::TicketId::new(),
            ticket_type: "Adult".to_owned(),
            price_tier: "A".to_owned(),
            face_value: decimal("100.00"),
            platform_fee: decimal("5.60"),
            platform_fee_tax: decimal("1.18"),
            hosting_fee: Decimal::ZERO,
            hosting_fee_tax: Decimal::ZERO,
            buyer_fee: Decimal::ZERO,
            tax: None,
        }],
    };
    let part = sale(&sale_of("80.00")).unwrap().unwrap();
    assert_eq!(written(&part)[..2], lines(&[("psp_clearing", "20.00"), ("reseller_pending", "-20.00")]));
    let all = sale(&sale_of("100.00")).unwrap().unwrap();
    assert_eq!(written(&all)[0], ("reseller_pending", "5.60".to_owned()), "only the fees are left to post");
    let mut free_of_fees = sale_of("100.00");
    (free_of_fees.items[0].platform_fee, free_of_fees.items[0].platform_fee_tax) = (Decimal::ZERO, Decimal::ZERO);
    let told = sale(&free_of_fees).unwrap().unwrap();
    assert_eq!(written(&told), lines(&[("psp_clearing", "0.00"), ("reseller_pending", "0.00")]));
    assert_eq!(told.about().items.len(), 1, "nothing moves, and the ticket is in the books");
    assert!(matches!(sale(&sale_of("100.01")), Err(NotAJournal::Contradiction(..))));
}

#[test]
fn money_goes_from_the_performance_to_the_resellers_bank() {
    let performance = PerformanceMoney { performance: PerformanceId::new(), currency: eur(), amount: decimal("91.47") };
    let released = performance.released().unwrap();
    assert_eq!(written(&released), lines(&[("reseller_pending", "91.47"), ("reseller_available", "-91.47")]));
    let owed = PerformanceMoney { amount: decimal("-8.53"), ..performance };
    assert_eq!(written(&owed.released().unwrap())[1], ("reseller_available", "8.53".to_owned()));
    assert!(owed.held().is_err() && owed.free_again().is_err());
    let payout = Payout { payout: PayoutId::new(), currency: eur(), amount: decimal("91.47") };
    let steps = [payout.created(), payout.paid(), payout.failed(false), payout.failed(true)];
    let accounts = steps.map(|step| written(&step.unwrap()).into_iter().map(|line| line.0).collect::<Vec<_>>());
    let expected: [Vec<&str>; 4] = [
        vec!["reseller_available", "payout_in_transit"],
        vec!["payout_in_transit", "bank"],
        vec!["payout_in_transit", "reseller_available"],
        vec!["bank", "reseller_available"],
    ];
    assert_eq!(accounts, expected);
    let batch = settled("po_1", eur(), decimal("98.25"), decimal("0.01")).unwrap();
    let expected = [("bank", "98.25"), ("psp_clearing", "-98.25"), ("bank", "0.01"), ("suspense", "-0.01")];
    assert_eq!(written(&batch), lines(&expected));
    assert!(settled("a batch", eur(), decimal("1"), Decimal::ZERO).is_err());
}

#[test]
fn the_hosted_shops_monthly_fee_is_once_a_month_and_currency() {
    let fee =
        hosting(date(2031, 3, 31), eur(), decimal("49.00"), (decimal("10.29"), decimal("21")), Pot::Available).unwrap();
    assert_eq!(fee.source().to_string(), "hosting:2031-03:EUR");
    let expected = [
        ("reseller_available", "49.00"),
        ("rev_hosting_fee", "-49.00"),
        ("reseller_available", "10.29"),
        ("tax_platform_vat", "-10.29"),
    ];
    assert_eq!(written(&fee), lines(&expected));
}

#[test]
fn a_reversal_is_the_exact_mirror_once_and_never_of_a_reversal() {
    let adjustment = Adjustment {
        adjustment: AdjustmentId::new(),
        order: None,
        currency: eur(),
        amount: decimal("10.00"),
        reason: Reason::Goodwill,
    };
    let journal = adjustment.journal(Pot::Available).unwrap();
    assert_eq!(written(&journal), lines(&[("exp_goodwill", "10.00"), ("reseller_available", "-10.00")]));
    let undone = reversal(JournalId::new(), &journal).unwrap();
    assert_eq!(written(&undone), lines(&[("exp_goodwill", "-10.00"), ("reseller_available", "10.00")]));
    assert!(matches!(reversal(JournalId::new(), &undone), Err(NotAJournal::Contradiction(..))));
}

#[test]
fn a_refund_of_an_amount_gives_back_what_it_is_told_to_of_the_fee() {
    let part = AmountRefund {
        credit: None,
        refund: RefundId::new(),
        order: OrderId::new(),
        currency: eur(),
        amount: decimal("33.33"),
        fee_returned: decimal("1.87"),
        hosting_fee_returned: Decimal::ZERO,
        fee_tax_returned: decimal("0.39"),
        ticket_tax: Decimal::ZERO,
    };
    let expected = [
        ("reseller_pending", "33.33"),
        ("refunds_payable", "-33.33"),
        ("rev_platform_fee", "1.87"),
        ("reseller_pending", "-1.87"),
        ("tax_platform_vat", "0.39"),
        ("reseller_pending", "-0.39"),
    ];
    assert_eq!(written(&amount_refund(&part).unwrap()), lines(&expected));
    for bad in [AmountRefund { amount: Decimal::ZERO, ..part }, AmountRefund { fee_returned: decimal("-0.01"), ..part }]
    {
        assert!(matches!(amount_refund(&bad), Err(NotAJournal::Contradiction(..))));
    }
}

#[test]
fn of_what_a_bank_takes_only_what_the_reseller_has_had_is_the_resellers() {
    let (of, mut standing) = (disputed("0", "0"), DisputedMoney::default());
    let mut credit = Decimal::ZERO;
    let mut post = |journal: Option<Journal>| {
        let lines = journal.iter().flat_map(Journal::lines);
        let own = [Account::ResellerPending, Account::ResellerDisputeReserve];
        credit -= lines.filter(|line| own.contains(&line.account)).map(|line| line.amount).sum::<Decimal>();
        credit
    };
    // The order brought 100.00, of which 60.00 were given back before the bank takes all, and 5.00 of 8.26 of tax with them.
    let [of_payment, price, ticket_tax] = ["40.00", "40.00", "3.26"].map(decimal);
    let mut left = Takeable { of_payment, price, ticket_tax };
    let taken = standing.moved(&of, &money("txn_1", "15.00"), decimal("-100.00"), &mut left).unwrap();
    let tax = |journal: &Option<Journal>| journal.as_ref().unwrap().about().tax_returned.to_string();
    assert_eq!((tax(&taken), standing.ticket_tax, left), ("3.26".to_owned(), decimal("3.26"), Takeable::default()));
    assert_eq!((standing.own, standing.excess, standing.fee), (decimal("40.00"), decimal("60.00"), decimal("15.00")));
    assert_eq!(post(taken), decimal("-15.00"), "what is with the bank is still the reseller's");
    assert_eq!(post(standing.lost(&of).unwrap()), decimal("-55.00"));
    assert_eq!(standing.lost(&of).unwrap(), None, "a loss is posted once");
    let back = standing.moved(&of, &money("txn_2", "-15.00"), decimal("100.00"), &mut left).unwrap();
    assert_eq!((tax(&back), standing.ticket_tax), ("-3.26".to_owned(), Decimal::ZERO));
    assert_eq!(left.ticket_tax, decimal("3.26"));
    assert_eq!(post(back), Decimal::ZERO);
    assert_eq!((standing.withdrawn(), standing.fee), (Decimal::ZERO, Decimal::ZERO));
    let nothing = standing.moved(&of, &money("txn_3", "0"), Decimal::ZERO, &mut left).unwrap();
    assert_eq!(nothing, None);
}
