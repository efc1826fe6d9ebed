use std::{cell::RefCell, collections::BTreeMap, time::Duration};

use futures::future::join_all;
use slipway_core::{
    failure::Failure,
    reason::Reason,
    subscription::{Record, RemoteStatus, Support},
};
use tokio::{task::yield_now, time::Instant};

use super::{Roll, book::Book};
use crate::limits::Limits;

const AGE: Duration = Duration::from_mins(10);

fn record(key: &str, updated: i64) -> Record {
    Record {
        id: format!("id-{key}"),
        cluster_id: Some(key.to_owned()),
        external_cluster_id: None,
        status: RemoteStatus::Reserved,
        display_name: None,
        console_url: None,
        support: Support::default(),
        labels: BTreeMap::new(),
        keeps_labels: true,
        plan_id: None,
        organization_id: None,
        provenance: None,
        last_telemetry_at: None,
        created_at: None,
        updated_at: Some(slipway_core::clock::Timestamp::from_second(updated).unwrap()),
        metrics: None,
    }
}

fn named(key: &str, updated: i64, name: &str) -> Record {
    Record { display_name: Some(name.to_owned()), ..record(key, updated) }
}

fn roll() -> Roll {
    Roll::by_cluster(&Limits { gather: Duration::from_millis(5), ..Limits::default() })
}

fn book() -> Book {
    Book::new(100, 7000, |record| record.cluster_id.as_deref())
}

/// Asks as a roll does and answers the lists that this took.
fn ask(book: &mut Book, key: &str, age: Duration, now: Instant) -> Vec<Vec<String>> {
    if book.ask(key, age, now).is_some() {
        return vec![];
    }
    let chunks = book.due(key, now);
    for keys in &chunks {
        book.store(keys, now, Ok(keys.iter().map(|key| record(key, 1)).collect()));
    }
    chunks
}

/// Lists of each of some intervals in which each key is asked for once, at this part of the interval in thousandths of a key's share.
fn lists(count: u32, jitter: impl Fn(u32, u32) -> u32) -> Vec<usize> {
    let (mut book, start) = (book(), Instant::now());
    let mut told = vec![];
    for interval in 0..12_u32 {
        let mut asked: Vec<(Duration, u32)> = (0..count)
            .map(|key| (AGE * interval + AGE / count * key + AGE / count / 1000 * jitter(interval, key), key))
            .collect();
        asked.sort_unstable();
        let lists = asked.into_iter().map(|(at, key)| {
            let key = format!("1f7e8c7a-0000-4000-8000-{key:012}");
            let chunks = ask(&mut book, &key, AGE, start + at);
            assert!(book.ask(&key, AGE, start + at).is_some(), "a key is fresh after it was asked for");
            chunks.len()
        });
        told.push(lists.sum());
    }
    told
}

#[test]
fn a_thousand_keys_cost_ten_lists_an_interval() {
    let told = lists(1000, |_, _| 0);
    assert!(told[4..].iter().all(|count| *count == 10), "{told:?}");
    // Each comes somewhat earlier or later each time, by up to a hundred places.
    let told = lists(1000, |interval, key| (key * 7919 + interval * 104_729) % 100_000);
    assert!(told[4..].iter().all(|count| *count <= 12), "{told:?}");
    assert!(told[4..].iter().sum::<usize>() <= 10 * 8 + 4, "{told:?}");
}

#[test]
fn few_keys_cost_one_list_an_interval() {
    let told = lists(30, |_, _| 0);
    assert!(told[3..].iter().all(|count| *count <= 2), "{told:?}");
}

#[test]
fn an_age_of_zero_is_asked_for_anew_and_a_fresh_key_is_not() {
    let (mut book, now) = (book(), Instant::now());
    assert_eq!(ask(&mut book, "a", AGE, now).len(), 1);
    assert_eq!(ask(&mut book, "a", AGE, now + AGE).len(), 0);
    assert_eq!(ask(&mut book, "a", Duration::ZERO, now + AGE).len(), 1);
    assert_eq!(ask(&mut book, "a", AGE, now + AGE * 2 + Duration::from_secs(1)).len(), 1);
}

#[test]
fn keys_that_nobody_asks_for_are_forgotten() {
    let (mut book, now) = (book(), Instant::now());
    ask(&mut book, "a", AGE, now);
    ask(&mut book, "once", Duration::ZERO, now);
    for step in 1..=6 {
        ask(&mut book, "b", AGE, now + AGE * step);
    }
    assert_eq!(book.len(), 1);
}

#[test]
fn lists_are_bounded_in_keys_and_in_bytes() {
    let (mut book, now) = (book(), Instant::now());
    for key in 0..10 {
        let _ = book.ask(&format!("{key}{}", "'".repeat(300)), AGE, now);
    }
    let _ = book.ask(&"x".repeat(20_000), AGE, now);
    let chunks = book.due("y", now);
    assert_eq!(chunks.iter().map(Vec::len).sum::<usize>(), 12);
    for chunk in chunks {
        let length: usize = chunk.iter().map(|key| crate::search::length(key)).sum();
        assert!(length <= 7000 || chunk.len() == 1, "{length}");
    }
}

#[test]
fn a_list_that_lags_does_not_replace_what_was_read() {
    let (mut book, now) = (book(), Instant::now());
    let (key, second) = ("a".to_owned(), Duration::from_secs(1));
    ask(&mut book, &key, AGE, now);
    book.learn(&named("a", 9, "new"), now + second);
    let name = |book: &mut Book, at| {
        let found = book.ask("a", AGE, at).unwrap();
        found.iter().map(|record| record.display_name.clone().unwrap_or_default()).collect::<Vec<_>>()
    };
    assert_eq!(name(&mut book, now + second), ["new"]);
    // Older, and begun before or after it was read by itself.
    for began in [now, now + second * 2] {
        book.store(std::slice::from_ref(&key), began, Ok(vec![named("a", 5, "old")]));
        assert_eq!(name(&mut book, now + second * 2), ["new"]);
    }
    // Not in the list yet that began before.
    book.store(std::slice::from_ref(&key), now, Ok(vec![]));
    assert_eq!(name(&mut book, now + second * 2), ["new"]);
    // As old, and begun after: labels may be others.
    book.store(std::slice::from_ref(&key), now + second * 3, Ok(vec![named("a", 9, "same")]));
    assert_eq!(name(&mut book, now + second * 3), ["same"]);
    book.learn(&named("a", 20, "newer"), now + second * 4);
    book.store(std::slice::from_ref(&key), now + second * 5, Ok(vec![named("a", 21, "newest")]));
    assert_eq!(name(&mut book, now + second * 5), ["newest"]);
    // Deleted: not there in a list that began after.
    book.store(std::slice::from_ref(&key), now + second * 6, Ok(vec![]));
    assert!(name(&mut book, now + second * 6).is_empty());
}

#[test]
fn what_was_dropped_is_asked_for_anew() {
    let (mut book, now) = (book(), Instant::now());
    let second = Duration::from_secs(1);
    for drop in
        [|book: &mut Book, at| book.drop_record("id-a", at), |book: &mut Book, at| book.drop_key("a", at)]
    {
        ask(&mut book, "a", Duration::ZERO, now);
        assert!(book.ask("a", AGE, now).is_some());
        drop(&mut book, now + second);
        assert!(book.ask("a", AGE, now + second).is_none());
        // A list that had begun before does not bring it back.
        book.store(&["a".to_owned()], now, Ok(vec![record("a", 1)]));
        assert!(book.ask("a", AGE, now + second).is_none());
        book.store(&["a".to_owned()], now + second, Ok(vec![record("a", 1)]));
        assert!(book.ask("a", AGE, now + second).is_some());
        book = super::tests::book();
    }
}

#[tokio::test]
async fn many_who_ask_at_once_are_answered_by_few_lists() {
    let (roll, lists) = (roll(), RefCell::new(vec![]));
    let list = |keys: Vec<String>| {
        lists.borrow_mut().push(keys.len());
        async move {
            yield_now().await;
            Ok(keys.iter().map(|key| record(key, 1)).collect())
        }
    };
    let keys: Vec<String> = (0..1000).map(|key| format!("key-{key}")).collect();
    for _ in 0..2 {
        let found = join_all(keys.iter().map(|key| roll.records(key, AGE, list))).await;
        for (key, found) in keys.iter().zip(found) {
            assert_eq!(found.unwrap(), [record(key, 1)]);
        }
    }
    assert_eq!(lists.borrow().clone(), [100; 10]);
}

#[tokio::test]
async fn a_failure_is_everybodys_who_waited_and_keeps_what_was_known() {
    let (roll, fails, count) = (roll(), RefCell::new(false), RefCell::new(0));
    let list = |keys: Vec<String>| {
        *count.borrow_mut() += 1;
        let outcome = if *fails.borrow() {
            Err(Failure::new(Reason::RegistrarFault, "no"))
        } else {
            Ok(keys.iter().map(|key| record(key, 1)).collect())
        };
        async move {
            yield_now().await;
            outcome
        }
    };
    assert!(roll.records("a", AGE, list).await.is_ok());
    *fails.borrow_mut() = true;
    let found = join_all((0..50).map(|_| roll.records("a", Duration::ZERO, list))).await;
    assert!(found.iter().all(Result::is_err));
    assert_eq!(*count.borrow(), 2);
    assert_eq!(roll.records("a", AGE, list).await.unwrap().len(), 1);
    assert!(roll.records("b", AGE, list).await.is_err());
    assert_eq!(roll.known("id-a"), Some(record("a", 1)));
    *fails.borrow_mut() = false;
    assert_eq!(roll.records("b", AGE, list).await.unwrap().len(), 1);
}

#[tokio::test]
async fn who_stops_waiting_stops_nobody_else() {
    let roll = roll();
    let stuck = tokio::time::timeout(
        Duration::from_millis(50),
        roll.records("a", AGE, |_| std::future::pending::<Result<Vec<Record>, Failure>>()),
    );
    assert!(stuck.await.is_err());
    let found =
        roll.records("b", AGE, |keys| async move { Ok(keys.iter().map(|key| record(key, 1)).collect()) });
    assert_eq!(found.await.unwrap().len(), 1);
}
