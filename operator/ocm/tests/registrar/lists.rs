//! Lists of many pages, and texts that want to be something else.

use std::{collections::BTreeSet, time::Duration};

use slipway_core::subscription::{Change, RegistrarPort};
use slipway_ocm::Limits;
use slipway_sim::{OcmConfig, Position};

use crate::bench::{AGE, Bench, LIMIT, limits};

const PAGE: (&str, &str) = ("GET", "page=3");

#[tokio::test]
async fn a_thousand_records_are_walked_through_while_others_are_made() {
    let bench = Bench::with(OcmConfig::default(), Limits { page: 100, ..limits() }).await;
    let mut expected = BTreeSet::new();
    for number in 0..1000 {
        let id = bench.ocm.reserve_as("slipway-sa", &format!("c{number}"), "x");
        bench.ocm.put_label("subscriptions", &id, "slipway.installation", "i1");
        expected.insert(id);
    }
    let hold = bench.ocm.gate().hold_on(PAGE.0, PAGE.1, 1, Position::BeforeEffect);
    let meanwhile = async {
        assert!(hold.reached(LIMIT).await);
        for number in 1000..1050 {
            let id = bench.ocm.reserve_as("slipway-sa", &format!("c{number}"), "x");
            bench.ocm.put_label("subscriptions", &id, "slipway.installation", "i1");
        }
        hold.release();
    };
    let walk = bench.registrar.reserved_with_label(&bench.account, "slipway.installation", "i1");
    let (found, ()) = tokio::join!(walk, meanwhile);
    let found: Vec<String> = found.unwrap().into_iter().map(|record| record.id).collect();
    let ids: BTreeSet<String> = found.iter().cloned().collect();
    assert_eq!(ids.len(), found.len(), "each once");
    assert!(expected.is_subset(&ids), "{} of 1000", expected.intersection(&ids).count());
    assert!(bench.lists() <= 12);
}

#[tokio::test]
async fn many_records_of_one_key_are_all_found() {
    let bench = Bench::with(OcmConfig::default(), Limits { page: 3, ..limits() }).await;
    for _ in 0..10 {
        let id = bench.ocm.reserve_as("slipway-sa", "c1", "x");
        bench.ocm.delete(&id);
    }
    assert_eq!(bench.registrar.find(&bench.account, "c1", AGE).await.unwrap().len(), 10);
}

#[tokio::test]
async fn texts_of_users_are_only_texts() {
    let bench = Bench::start().await;
    bench.ocm.reserve_as("slipway-sa", "innocent", "x");
    let names = [
        "it's".to_owned(),
        "' or cluster_id != '".to_owned(),
        "') or ('a' = 'a".to_owned(),
        "100%_\\".to_owned(),
        "\\'".to_owned(),
        "a&search=x#y+z".to_owned(),
        "naïve ☃ 日本".to_owned(),
        "\"<script>{{}}".to_owned(),
        "☃'".repeat(1024),
    ];
    let mut ids = BTreeSet::new();
    for name in &names {
        let id = bench.reserve(name).await.unwrap();
        let change = Change {
            display_name: Some(name.clone()),
            external_cluster_id: Some(format!("e{name}")),
            ..Change::default()
        };
        bench.registrar.amend(&bench.account, &id, &change).await.unwrap();
        let found = bench.registrar.find(&bench.account, name, Duration::ZERO).await.unwrap();
        assert_eq!(found.iter().map(|record| &record.id).collect::<Vec<_>>(), [&id], "{name}");
        assert_eq!(found[0].display_name.as_ref(), Some(name));
        let found = bench.registrar.find_external(&bench.account, &format!("e{name}"), AGE).await.unwrap();
        assert_eq!(found.len(), 1, "{name}");
        bench.ocm.put_label("subscriptions", &id, "slipway.name", name);
        let found = bench.registrar.reserved_with_label(&bench.account, "slipway.name", name).await.unwrap();
        assert_eq!(found.len(), 1, "{name}");
        ids.insert(id);
    }
    assert_eq!(ids.len(), names.len());
}
