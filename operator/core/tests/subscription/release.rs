//! What happens to a record when its object goes: every policy, every status.

use slipway_core::subscription::{DeletionPolicy, Release, release};

use crate::scene::{WORDS, record};
use DeletionPolicy::{Archive, Delete, DeleteReserved, Retain};

/// By policy: Reserved, Active, Stale, Archived, Disconnected, Deprovisioned, a word that nobody knows. `D`: deleted, `A`: archived.
const TABLE: [(DeletionPolicy, &str); 4] =
    [(DeleteReserved, "D------"), (Delete, "DDDDD-D"), (Archive, "DAA-A--"), (Retain, "-------")];

#[test]
fn each_policy_does_what_it_says_to_each_status() {
    for (policy, deeds) in TABLE {
        for (word, deed) in WORDS.into_iter().zip(deeds.chars()) {
            let expected = match deed {
                'D' => Some(Release::Delete),
                'A' => Some(Release::Archive),
                _ => None,
            };
            assert_eq!(release(policy, &record("s1", word)), expected, "{policy:?} {word}");
        }
    }
}

#[test]
fn the_label_of_the_installation_stands_on_what_would_be_deleted() {
    for (policy, deeds) in TABLE {
        assert_eq!(policy.deletes_reserved(), deeds.starts_with('D'), "{policy:?}");
    }
}
