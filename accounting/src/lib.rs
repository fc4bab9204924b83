//! Accounting: fee rules, the ledger, balances and the reports that are made from it.
//!
//! Three places: `rules/` is pure, `use_cases/` has one verb a file (run inside the caller's
//! transaction, so that a sale and its journal are committed together or not at all), `store/` is the SQL.
//! It must never call a payment provider, know an order's state, or keep a name or an address.

mod rules;
mod store;
mod use_cases;
mod verify;

pub use rules::{
    about::{About, AboutItem, SoldItem},
    account::Account,
    adjustments::{AdjustmentState, Correction},
    allocation::{due_after, net_and_tax, split},
    books::{Assets, CurrencyBooks, Earnings, Liabilities, ResellerPosition, TrialLine},
    comparison::{Compared, Comparison, DIFFERENCES_MAX, Difference, DifferenceKind, ReportLine, ReportPart, compare},
    fees::{
        FeeRule, TicketFees,
        component::{Basis, Component, FeeKind, Payer},
        provider_share::ProviderShare,
        refund_policy::RefundPolicy,
        scope::{Channel, FeeRules, SaleFees, Scope},
    },
    hosting::HostingTerms,
    journal::{Journal, Line, NotAJournal},
    postings::{
        Bearer, Pot, Sale,
        corrections::{Adjustment, Reason, hosting, reversal},
        credits::Credited,
        disputes::{Disputed, DisputedMoney, ProviderMoney, Takeable},
        exchanges::Exchange,
        late::LatePayment,
        payouts::{Payout, PerformanceMoney, settled},
        refunds::{AmountRefund, Refund},
    },
    release::ReleaseTerms,
    settlement::{
        book::RowsText,
        category::Category,
        document::{AccountsAtEnd, CategoryTotal, Party, PeriodState, Settlement, SettlementTotals},
        fees::{FeeInvoice, FeeInvoiceLine},
        payouts::{PayoutStep, SettlementPayout},
        schedule::Every,
    },
    source::Source,
    table::{csv_line, harmless},
    ticket_tax::{TaxBack, TaxRate, TicketTax, ticket_taxes},
};
pub use store::settlements::{ClosesAt, SealedSettlement, SettlementFilter, SettlementSchedule};
pub use use_cases::{
    adjust::adjust,
    approve_adjustment::approve_adjustment,
    available::{kept_back, lock_available},
    balance::{Balance, balance},
    books::{BooksOf, books, reseller_positions},
    bought_nothing::bought_nothing,
    charge_hosting::charge_hosting,
    clearing::{ClearingEntry, clearing},
    close_period::{close_due, close_period},
    coming_money::{ComingMoney, coming_money},
    cover_debt::cover_debt,
    fees_in_force::fees_in_force,
    fees_left::{FeesLeft, fees_left},
    free_reserve::free_reserve,
    hosting_terms::{hosting_terms, set_hosting_terms},
    keep_comparison::keep_comparison,
    list_adjustments::list_adjustments,
    list_fee_rules::list_fee_rules,
    newest_comparison::newest_comparison,
    open_period::{open_period, open_periods},
    order_money::{OrderMoney, order_money},
    period::PeriodReader,
    post::{Posted, post, post_all},
    post_amount_refund::post_amount_refund,
    post_credit::{post_credit, post_credit_expired},
    post_exchange::post_exchange,
    post_late_payment::post_late_payment,
    post_late_refund::post_late_refund,
    post_provider_fee::post_provider_fee,
    post_refund::post_refund,
    post_refund_failed::post_refund_failed,
    post_refund_paid::post_refund_paid,
    post_sale::{post_sale, post_sales},
    read_settlements::{list_settlements, settlement, settlement_rows},
    release::release,
    release_terms::release_terms,
    reverse_adjustment::reverse_adjustment,
    sales_report::{
        ROWS_MAX, SalesFigures, SalesFilter, SalesGroup, SalesKey, SalesReport, SalesRow, SalesTotal, sales_report,
    },
    seal::{seal, seal_all, seal_tenant},
    set_fee_rule::set_fee_rule,
    set_release_terms::set_release_terms,
    settlement_schedule::{ScheduleChanges, set_settlement_schedule, settlement_schedule},
};
pub use verify::checks;
