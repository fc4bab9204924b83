//! What a reseller's money is released by and what it is charged by the month: one row, each of the two its own.

use accounting::{HostingTerms, ReleaseTerms, hosting_terms, release_terms, set_hosting_terms, set_release_terms};
use foundation::Money;
use testkit::Database;

use crate::shop::{decimal, eur};

#[tokio::test]
async fn terms_of_release_and_of_the_month_leave_each_other_as_they_are() {
    let db = Database::create().await;
    let mut tx = db.cell().tenant(db.reseller().await).await.unwrap();
    let month = |fee: &str| HostingTerms::new(Money::new(decimal(fee), eur()).unwrap(), decimal("21")).unwrap();
    let [first, second] = [7, 30].map(|days| ReleaseTerms::new(days, decimal("10"), 60).unwrap());
    set_hosting_terms(&mut tx, Some(&month("20.00"))).await.unwrap();
    assert_eq!(release_terms(&mut tx).await.unwrap(), ReleaseTerms::default(), "as without any");
    for terms in [first, second] {
        set_release_terms(&mut tx, &terms).await.unwrap();
        assert_eq!(release_terms(&mut tx).await.unwrap(), terms);
        assert_eq!(hosting_terms(&mut tx).await.unwrap(), Some(month("20.00")));
    }
    set_hosting_terms(&mut tx, Some(&month("25.00"))).await.unwrap();
    assert_eq!(
        (release_terms(&mut tx).await.unwrap(), hosting_terms(&mut tx).await.unwrap()),
        (second, Some(month("25.00")))
    );
    set_hosting_terms(&mut tx, None).await.unwrap();
    assert_eq!((release_terms(&mut tx).await.unwrap(), hosting_terms(&mut tx).await.unwrap()), (second, None));
}
