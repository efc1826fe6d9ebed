//! Names of fields.

use proptest::prelude::*;
use slipway_core::subscription::Field;

const NAMES: [&str; 10] = [
    "displayName",
    "externalClusterId",
    "consoleUrl",
    "support.level",
    "support.usage",
    "support.serviceLevel",
    "support.systemUnits",
    "support.productBundle",
    "support.cpuTotal",
    "support.socketTotal",
];

#[test]
fn every_name_leads_to_its_field_and_back() {
    for name in NAMES {
        assert_eq!(Field::from_name(name).unwrap().to_string(), name);
    }
    for name in ["", "labels", "support", "DisplayName", "displayName ", "support.labels.x"] {
        assert_eq!(Field::from_name(name), None, "{name:?}");
    }
}

proptest! {
    #[test]
    fn the_name_of_any_label_comes_back(name in any::<String>()) {
        let field = Field::Label(name);
        prop_assert_eq!(Field::from_name(&field.to_string()), Some(field));
    }

    #[test]
    fn no_text_is_taken_for_another_field(text in any::<String>()) {
        if let Some(field) = Field::from_name(&text) {
            prop_assert_eq!(field.to_string(), text);
        }
    }
}
