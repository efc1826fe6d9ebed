//! The search language: the queries seen in the field, what is refused, and that a printed search says the same.

use super::super::table::{ORGANIZATION, SUBSCRIPTION, TRANSFER};
use super::parser::parse;
use super::tree::{Comparison, Literal, Sign, Table, Tree};
use super::{Search, evaluate};
use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};

fn record() -> Value {
    json!({
        "id": "1", "cluster_id": "X", "external_cluster_id": "e-1", "display_name": "it's 50% x_y", "status": "Active",
        "managed": false, "plan_id": "OCP-AssistedInstall", "organization_id": "O", "cpu_total": 8,
        "created_at": "2026-05-01T12:00:00.5Z",
        "plan": {"id": "OCP-AssistedInstall"},
        "creator": {"username": "jane"},
        "metrics": {"health_state": "unhealthy", "critical_alerts_firing": 2},
        "labels": {"key": "foo", "value": "bar"},
    })
}

fn finds(search: &str, row: &Value) -> bool {
    Search::read(search, SUBSCRIPTION).unwrap().finds(std::slice::from_ref(row))
}

#[test]
fn queries_seen_in_the_field_find_their_records() {
    for search in [
        "",
        " \n ",
        "cluster_id = 'X'",
        "external_cluster_id = 'e-1'",
        "status = 'Active'",
        "organization_id='O'",
        "(display_name = 'k' or cluster_id = 'X' or external_cluster_id = 'k')",
        "(cluster_id != '') and (plan.id in ('OCP','OCP-AssistedInstall')) and (status not in\n('Deprovisioned','Archived'))\n and (display_name ilike '%X%' or external_cluster_id ilike '%x%')",
        "labels.key = 'foo' and labels.value = 'bar'",
        "organization_id = 'O' and status not in ('Deprovisioned','Archived') and metrics.health_state = 'unhealthy'",
        "creator.username='jane'",
        "managed = 'false' and managed = 'f' and not managed",
        "display_name = 'it''s 50% x_y'",
    ] {
        assert!(finds(search, &record()), "{search}");
    }
    for search in
        ["cluster_id = 'x'", "plan_id in ('OCP')", "status in ('Reserved', 'Stale')", "managed = 't'"]
    {
        assert!(!finds(search, &record()), "{search}");
    }
    let transfer = Search::read("cluster_uuid is 'u' and status is 'accepted'", TRANSFER).unwrap();
    assert!(transfer.finds(&[json!({"cluster_uuid": "u", "status": "accepted"})]));
    assert!(!transfer.finds(&[json!({"cluster_uuid": "u", "status": "pending"})]));
    assert!(Search::read("account_id in ('a','b')", &[("account_id", super::Kind::Text)]).is_ok());
    assert!(Search::read("username = 'jane'", super::super::table::ACCOUNT).is_ok());
}

#[test]
fn every_operator_does_what_it_says() {
    for (search, wanted) in [
        ("cpu_total > 7 and cpu_total >= 8 and cpu_total < 9 and cpu_total <= 8", true),
        ("cpu_total <> 8", false),
        ("cpu_total = '8'", true),
        (
            "cpu_total * 2 + 1 = 17 AND cpu_total % 3 = 2 and cpu_total - 1 - 1 = 6 and cpu_total / 2 = 4",
            true,
        ),
        ("cpu_total = - -8", true),
        ("1Ki = 1024 and 1.5K = 1500 and 2Gi > 2G", true),
        ("cpu_total / 0 = 1", false),
        ("cpu_total between 8 and 9", true),
        ("cpu_total not between 1 and 7", true),
        ("display_name like 'it%50\\% x\\_y'", true),
        ("display_name like 'it_s%' and display_name not like 'IT%' and display_name ilike 'IT%'", true),
        ("display_name ~= '^it.*y$' and display_name ~! '^x'", true),
        ("console_url is null and status is not null", true),
        ("status is 'Active' and status is not 'Stale'", true),
        ("created_at > '2026-05-01' and created_at < 2026-05-02 and created_at < 2026-05-01T12:00:01Z", true),
        ("created_at = '2026-05-01T14:00:00.500+02:00'", true),
        ("not (status = 'Active') or true", true),
        ("status = 'a' or status = 'Active' and cluster_id = 'Y'", false),
        ("(status = 'Active' or status = 'a') and NOT cluster_id = 'Y'", true),
        ("\"status\" = 'Active' and `status` = 'Active' and [status] = 'Active'", true),
    ] {
        assert_eq!(finds(search, &record()), wanted, "{search}");
    }
}

#[test]
fn what_has_no_value_is_neither_equal_nor_unequal() {
    for search in ["usage = ''", "usage != ''", "usage not in ('a')", "not usage = 'a'", "usage like '%'"] {
        assert!(!finds(search, &record()), "{search}");
    }
    assert!(finds("usage = 'a' or status = 'Active'", &record()));
}

#[test]
fn key_and_value_are_of_one_label() {
    let search = Search::read("labels.key = 'foo' and labels.value = 'bar'", SUBSCRIPTION).unwrap();
    let with = |key: &str, value: &str| json!({"labels": {"key": key, "value": value}});
    assert!(!search.finds(&[with("foo", "x"), with("y", "bar")]));
    assert!(search.finds(&[with("foo", "x"), with("foo", "bar")]));
    assert!(search.uses("labels") && !search.uses("plan"));
}

#[test]
fn what_cannot_be_read_is_code_23_and_what_does_not_fit_21() {
    let deep = format!("{}status = 'a'{}", "(".repeat(9000), ")".repeat(9000));
    for search in [
        "status = 'a",
        "status = ",
        "status 'a'",
        "= 'a'",
        "status in ()",
        "status in 'a'",
        "status not 'a'",
        "(status = 'a'",
        "status = 'a') or ('1' = '1'",
        "status between 'a'",
        "status = 'a';",
        "status = 5Xi",
        "and",
        "\u{0}",
        &deep,
    ] {
        assert_eq!(Search::read(search, SUBSCRIPTION).unwrap_err().id, 23, "{search}");
    }
    for search in [
        "name = 'a'",
        "plan.id.more = 'a'",
        "nobody.id = 'a'",
        "status",
        "status = 5",
        "managed = 'maybe'",
        "created_at > 'yesterday'",
        "cpu_total = 'many'",
        "status ~= '('",
        "cpu_total like 'a'",
        "status + 1 = 2",
        "status and true",
    ] {
        assert_eq!(Search::read(search, SUBSCRIPTION).unwrap_err().id, 21, "{search}");
    }
}

fn value() -> impl Strategy<Value = Tree> {
    let literal = prop_oneof![
        any::<String>().prop_map(Literal::Text),
        "['%_\\\\a b]{0,8}".prop_map(Literal::Text),
        any::<u32>().prop_map(|number| Literal::Number(f64::from(number) / 8.0)),
        any::<bool>().prop_map(Literal::Bool),
        (0_i64..4_000_000_000).prop_map(|second| Literal::Time(Timestamp::from_second(second).unwrap())),
    ];
    let field = prop_oneof!["[a-z_]{1,6}(\\.[a-z]{1,3})?", "[ -Z]{1,4}"].prop_map(Tree::Field);
    let leaf = prop_oneof![literal.prop_map(Tree::Literal), field];
    leaf.prop_recursive(3, 16, 2, |inner| {
        let sign = proptest::sample::select(Sign::ALL.map(|(sign, _)| sign).to_vec());
        prop_oneof![
            inner.clone().prop_map(|one| Tree::Negative(Box::new(one))),
            (sign, inner.clone(), inner).prop_map(|(sign, a, b)| Tree::Arithmetic(
                sign,
                Box::new(a),
                Box::new(b)
            )),
        ]
    })
}

fn tree() -> impl Strategy<Value = Tree> {
    let comparison = proptest::sample::select(Comparison::ALL.map(|(one, _)| one).to_vec());
    let boxed = || value().prop_map(Box::new);
    let leaf = prop_oneof![
        (comparison, boxed(), boxed()).prop_map(|(comparison, a, b)| Tree::Compare(comparison, a, b)),
        (any::<bool>(), any::<bool>(), boxed(), boxed())
            .prop_map(|(not, folded, value, pattern)| Tree::Like { not, folded, value, pattern }),
        (any::<bool>(), boxed(), prop::collection::vec(value(), 1..4))
            .prop_map(|(not, value, list)| Tree::In { not, value, list }),
        (any::<bool>(), boxed(), boxed(), boxed()).prop_map(|(not, value, low, high)| Tree::Between {
            not,
            value,
            low,
            high
        }),
        (any::<bool>(), boxed()).prop_map(|(not, value)| Tree::Null { not, value }),
    ];
    leaf.prop_recursive(4, 24, 2, |inner| {
        let two = || (inner.clone().prop_map(Box::new), inner.clone().prop_map(Box::new));
        prop_oneof![
            inner.clone().prop_map(|one| Tree::Not(Box::new(one))),
            two().prop_map(|(a, b)| Tree::And(a, b)),
            two().prop_map(|(a, b)| Tree::Or(a, b)),
        ]
    })
}

proptest! {
    #[test]
    fn a_printed_search_is_read_as_the_same(tree in tree()) {
        let printed = tree.to_string();
        prop_assert_eq!(parse(&printed), Ok(tree), "{}", printed);
    }

    #[test]
    fn nothing_makes_it_panic(text in any::<String>(), words in prop::collection::vec(
        prop_oneof!["status", "id", "'a'", "=", "not", "and", "or", "in", "\\(", "\\)", "like", "5", ",", "is", "null"], 0..12,
    )) {
        let table: &Table = ORGANIZATION;
        for text in [text, words.join(" ")] {
            let row = json!({"id": "a"});
            if let Ok(search) = Search::read(&text, table) {
                search.finds(&[row]);
            }
        }
    }

    #[test]
    fn a_quoted_value_finds_itself_and_nothing_else(name in any::<String>(), other in any::<String>()) {
        let search = format!("display_name = '{}'", name.replace('\'', "''"));
        let row = |name: &str| json!({"display_name": name});
        prop_assert!(finds(&search, &row(&name)));
        prop_assert_eq!(finds(&search, &row(&other)), name == other);
        prop_assert!(evaluate::field("display_name", &row(&name)).is_some());
    }
}
