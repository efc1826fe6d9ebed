//! Windows in which no refresh can be made in time.

use std::time::Duration;

use serde_json::json;
use slipway_e2e::objects::condition;
use slipway_sim::{CloudConfig, Offence};

use crate::scene::{
    WAITING, assert_nothing_leaked, bare_site, cloud, connected, looks, options, to_connect, told, waiting,
    writes,
};

#[tokio::test]
async fn a_window_that_never_comes_before_the_limit_is_told_at_once_and_cuts_nothing() {
    // No leap day comes within months of this day.
    let cloud = CloudConfig { epoch: "2026-01-10T00:00:00Z".parse().unwrap(), ..cloud() };
    let site = bare_site(options(1).cloud(cloud), "window").await;
    drop(site.record(0));
    let mut object = to_connect(&site, 0).await;
    object["spec"]["connection"]["refresh"] = json!({"before": "3d", "window": {"start": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;BYHOUR=2", "duration": "4h"}});
    site.apply(&object).await.unwrap();
    // Before there is a connection: it is waited for, and the condition is there already.
    let early = site.wait_condition(0, "RefreshDue", "True", "WindowMissesLimit").await.unwrap();
    let message = condition(&early, "RefreshDue")["message"].as_str().unwrap().to_owned();
    for word in ["connection.refresh", "refresh.before", "refresh.window"] {
        assert!(message.contains(word), "no {word:?} in {message:?}");
    }
    waiting(&site, 0).await;
    site.advance(WAITING);
    let words = ["connection.refresh", "no window opens", "refresh.before longer", "refresh.window"];
    told(&site, 0, ("RefreshDue", "WindowMissesLimit"), &words).await;
    let before = writes(&site);
    site.advance(Duration::from_hours(88 * 24));
    looks(&site, 4).await;
    let object = site.get(0).await.unwrap();
    assert_eq!((writes(&site), &object["status"]["connectionState"]), (before, &json!("CONNECTED")));
    assert_eq!(condition(&object, "Connected")["status"], "True", "{object}");

    // A window that is always open: the connection is made anew at once.
    let since = object["status"]["connectedSince"].clone();
    let daily = json!({"start": "FREQ=HOURLY", "duration": "1h"});
    site.patch(0, &json!({"connection": {"refresh": {"window": daily}}})).await.unwrap();
    site.wait_condition(0, "Connected", "False", "Rejected").await.unwrap();
    waiting(&site, 0).await;
    site.advance(WAITING);
    let object = connected(&site, 0).await;
    assert_ne!(object["status"]["connectedSince"], since);
    assert_eq!(condition(&object, "RefreshDue"), serde_json::Value::Null, "{object}");
    assert_eq!(site.racks[0].posts().len(), 2);
    // That the spec asked for it is what the cloud cannot know.
    let offences: Vec<Offence> =
        site.cloud.violations().into_iter().map(|violation| violation.offence).collect();
    assert_eq!(offences, [Offence::ConnectedToReject]);
    assert_nothing_leaked(&site, &[]).await;
}
