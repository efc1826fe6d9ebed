//! What is written and read back, and what strangers write, for any input.

use std::time::Duration;

use proptest::prelude::*;
use slipway_core::{
    backoff,
    clock::Timestamp,
    host::{Memory, Precondition},
    mac_address::MacAddress,
};

fn moment() -> impl Strategy<Value = Timestamp> {
    (0_i64..4_000_000_000).prop_map(|second| Timestamp::from_second(second).unwrap())
}

/// A memory, made the only way that is open to others: from its JSON.
fn memory() -> impl Strategy<Value = (serde_json::Value, Memory)> {
    let id = "[^\\p{C}]{1,64}";
    let done = || proptest::option::of((id, moment()));
    let earlier = proptest::collection::vec(id, 0..=8);
    let pin = proptest::option::of("sha256/[A-Za-z0-9+/]{43}=");
    (done(), done(), earlier, pin).prop_map(|(install, reboot, earlier, pin)| {
        let entry =
            |done: Option<(String, Timestamp)>| done.map(|(id, at)| serde_json::json!({"id": id, "at": at}));
        let earlier = (!earlier.is_empty()).then(|| earlier.into());
        let mut json = serde_json::json!({});
        for (key, value) in [
            ("install", entry(install)),
            ("reboot", entry(reboot)),
            ("earlier", earlier),
            ("pin", pin.map(Into::into)),
        ] {
            if let Some(value) = value {
                json[key] = value;
            }
        }
        let memory = serde_json::from_value(json.clone()).unwrap();
        (json, memory)
    })
}

proptest! {
    #[test]
    fn a_memory_comes_back_as_it_was((json, memory) in memory()) {
        prop_assert_eq!(&serde_json::to_value(&memory).unwrap(), &json);
        let text = serde_json::to_string(&memory).unwrap();
        prop_assert_eq!(serde_json::from_str::<Memory>(&text).unwrap(), memory);
    }

    #[test]
    fn a_memory_of_a_later_version_is_understood((mut json, memory) in memory(), key in "[a-z]{8,12}", value in any::<i32>()) {
        json[key.as_str()] = value.into();
        if let Some(install) = json.get_mut("install") {
            install[key] = serde_json::json!([{"later": value}]);
        }
        prop_assert_eq!(serde_json::from_value::<Memory>(json).unwrap(), memory);
    }

    #[test]
    fn a_damaged_memory_is_refused_and_never_half_read((json, memory) in memory(), cut in 0_usize..200) {
        let text = json.to_string();
        let cut = cut.min(text.len().saturating_sub(1));
        if text.is_char_boundary(cut) {
            prop_assert!(serde_json::from_str::<Memory>(&text[..cut]).is_err());
        }
        drop(memory);
    }

    #[test]
    fn any_text_in_the_annotation_is_read_or_refused(text in ".{0,200}") {
        let read = serde_json::from_str::<Memory>(&text);
        prop_assert!(read.is_err() || serde_json::from_str::<serde_json::Value>(&text).is_ok());
    }

    #[test]
    fn a_precondition_comes_back_as_it_was(power in "[A-Za-z]{1,16}", time in proptest::option::of("[^;\\p{C}]{1,40}")) {
        let before = Precondition { power, last_reset_time: time };
        let Ok(after) = before.to_string().parse::<Precondition>();
        prop_assert_eq!(after, before);
    }

    #[test]
    fn any_text_is_some_precondition(text in ".{0,100}") {
        let Ok(read) = text.parse::<Precondition>();
        let Ok(again) = read.to_string().parse::<Precondition>();
        prop_assert_eq!(again, read);
    }

    #[test]
    fn an_address_comes_back_in_every_form(bytes in any::<[u8; 6]>(), separator in "[:-]?", upper in any::<bool>()) {
        let text = bytes.map(|byte| if upper { format!("{byte:02X}") } else { format!("{byte:02x}") }).join(&separator);
        let address: MacAddress = text.parse().unwrap();
        prop_assert_eq!(address.to_string(), bytes.map(|byte| format!("{byte:02x}")).join(":"));
        prop_assert_eq!(address.to_string().parse::<MacAddress>().unwrap(), address);
    }

    #[test]
    fn what_is_no_address_is_refused(text in ".{0,30}") {
        let digits = text.chars().filter(|character| !matches!(character, ':' | '-'));
        let is_address = digits.clone().count() == 12 && digits.clone().all(|digit| digit.is_ascii_hexdigit());
        prop_assert_eq!(text.parse::<MacAddress>().is_ok(), is_address);
    }

    #[test]
    fn a_delay_is_near_its_ideal_and_always_the_same(
        first in 1_u64..10_000, cap in 1_u64..10_000_000, attempt in any::<u32>(), seed in any::<u64>(),
    ) {
        let (first, cap) = (Duration::from_millis(first), Duration::from_millis(cap));
        let ideal = first.saturating_mul(2_u32.saturating_pow(attempt.min(31))).min(cap);
        let delay = backoff::delay(first, cap, attempt, seed);
        prop_assert!(delay >= ideal * 4 / 5 && delay <= ideal * 6 / 5, "{delay:?} for {ideal:?}");
        prop_assert_eq!(backoff::delay(first, cap, attempt, seed), delay);
    }
}
