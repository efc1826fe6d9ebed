//! What an object remembers when its status is lost or its registrar changes.

use slipway_core::subscription::Memory;

fn memory() -> Memory {
    Memory {
        cluster_id: Some("c1".into()),
        registrar: Some("https://one.example.com/".into()),
        subscription_id: Some("s1".into()),
        organization_id: Some("o1".into()),
        synced: true,
        activated: true,
    }
}

#[test]
fn at_the_same_registrar_everything_is_remembered() {
    assert_eq!(memory().at("https://one.example.com/"), memory());
}

#[test]
fn at_another_registrar_only_the_key_is_remembered() {
    let expected = Memory {
        cluster_id: Some("c1".into()),
        registrar: Some("https://two.example.com/".into()),
        ..Memory::default()
    };
    assert_eq!(memory().at("https://two.example.com/"), expected);
    assert_ne!(memory().at("https://two.example.com/").at("https://one.example.com/"), memory(), "for good");
}

#[test]
fn a_memory_that_names_no_registrar_is_of_this_one() {
    let unnamed = Memory { registrar: None, ..memory() };
    assert_eq!(unnamed.at("https://one.example.com/"), memory());
}

#[test]
fn it_is_small_and_comes_back_from_text() {
    let text = serde_json::to_string(&memory()).unwrap();
    assert_eq!(serde_json::from_str::<Memory>(&text).unwrap(), memory());
    assert_eq!(serde_json::to_string(&Memory::default()).unwrap(), "{}");
    assert_eq!(serde_json::from_str::<Memory>("{}").unwrap(), Memory::default());
    for part in ["clusterId", "registrar", "subscriptionId", "organizationId", "synced", "activated"] {
        assert!(text.contains(part), "{text}");
    }
}

#[test]
fn a_memory_of_a_later_version_can_be_read() {
    let memory: Memory = serde_json::from_str(r#"{"clusterId":"c1","news":{"a":1}}"#).unwrap();
    assert_eq!(memory.cluster_id.as_deref(), Some("c1"));
}
