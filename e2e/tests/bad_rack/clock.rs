//! Clocks that are not those of Oracle Cloud.

use slipway_core::clock::SignedDuration;

use crate::scene::{
    WAITING, assert_clean, connected, looks, object, observed, site, to_connect, told, waiting, writes,
};

#[tokio::test]
async fn a_clock_an_hour_off_is_named_and_nothing_goes_on_before_it_is_right() {
    let site = site(2, "clock").await;
    site.apply(&object(&site, 0).await).await.unwrap();
    site.apply(&to_connect(&site, 1).await).await.unwrap();
    observed(&site, 0).await;
    waiting(&site, 1).await;
    site.cloud.set_skew(SignedDuration::from_hours(-1));
    site.advance(WAITING);
    let endpoint = site.cloud.endpoint();
    let words =
        [&endpoint, "the operator's clock is 60 minutes ahead of Oracle's", "set the clock of the node"];
    for index in 0..2 {
        told(&site, index, ("CredentialsValid", "ClockSkew"), &words).await;
    }
    looks(&site, 4).await;
    assert_eq!((writes(&site), site.racks[1].pins()), (vec![], vec![]));
    site.cloud.set_skew(SignedDuration::ZERO);
    observed(&site, 0).await;
    connected(&site, 1).await;
    assert_clean(&site, &[]).await;
}
