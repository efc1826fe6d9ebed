//! Differences between a record and what it should be: which are put right, and which are left and told.

use super::{DriftPolicy, Field, Fields, INSTALLATION};
use crate::clock::{SignedDuration, Timestamp};

/// How often a field is put right before it is left alone: whoever writes it again each time is not to be fought.
pub const CORRECTIONS: i32 = 3;

/// How many characters of what was found are kept: more than a value that is asked for can have.
const SHOWN: usize = 500;

/// How long a correction is remembered.
const MEMORY: SignedDuration = SignedDuration::from_hours(24);

/// A field that is, or lately was, not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drift {
    /// The field.
    pub field: Field,
    /// What it should be.
    pub wanted: String,
    /// What was found; only its beginning when it is long.
    pub found: String,
    /// How often it was put right.
    pub corrections: i32,
    /// Whether it was as it should be before somebody else changed it.
    pub is_foreign: bool,
    /// When it was last found changed.
    pub at: Timestamp,
}

/// What there is to compare.
#[derive(Debug, Clone, Copy)]
pub struct Comparison<'a> {
    /// What should be.
    pub wanted: &'a Fields,
    /// What is.
    pub found: &'a Fields,
    /// What was at the last look; `None`: nothing is known of one.
    pub before: Option<&'a Fields>,
    /// Whether the record was once as asked, whatever is known of the last look.
    pub was_synced: bool,
    /// What to do about changes of others.
    pub policy: DriftPolicy,
    /// The present.
    pub now: Timestamp,
}

/// What follows from a comparison.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Differences {
    /// Fields to put right, with what they should be.
    pub corrections: Fields,
    /// Fields that stay as they are although they should not: reported, or put right too often.
    pub left: Vec<Drift>,
    /// Everything to be remembered, these corrections counted.
    pub drift: Vec<Drift>,
}

/// Compares field by field. `known` is what the last comparison had to be remembered.
#[must_use]
pub fn compare(comparison: &Comparison<'_>, known: &[Drift]) -> Differences {
    let mut differences = Differences::default();
    for (field, wanted) in comparison.wanted {
        let known = known.iter().find(|drift| drift.field == *field && drift.wanted == *wanted);
        let known = known.filter(|drift| !is_forgotten(comparison, drift));
        let found = comparison.found.get(field).map_or("", String::as_str);
        if found == wanted {
            differences
                .drift
                .extend(known.filter(|drift| drift.is_foreign && drift.corrections > 0).cloned());
            continue;
        }
        differences.judge(comparison, drift(comparison, (field, wanted, found), known));
    }
    differences
}

fn is_forgotten(comparison: &Comparison<'_>, drift: &Drift) -> bool {
    comparison.policy == DriftPolicy::Correct && comparison.now.duration_since(drift.at) >= MEMORY
}

/// A difference as it is found now.
fn drift(
    comparison: &Comparison<'_>,
    (field, wanted, found): (&Field, &str, &str),
    known: Option<&Drift>,
) -> Drift {
    let was_right = match comparison.before {
        Some(before) => before.get(field).map_or("", String::as_str) == wanted,
        None => comparison.was_synced,
    };
    let found: String = found.chars().take(SHOWN).collect();
    let same = known.filter(|drift| drift.found == found);
    Drift {
        field: field.clone(),
        wanted: wanted.to_owned(),
        found,
        corrections: known.map_or(0, |drift| drift.corrections),
        is_foreign: was_right || known.is_some_and(|drift| drift.is_foreign),
        at: same.map_or(comparison.now, |drift| drift.at),
    }
}

impl Differences {
    fn judge(&mut self, comparison: &Comparison<'_>, drift: Drift) {
        // Our own mark on the record is no wish of anybody's: it is put there, or not, and nobody waits for it.
        let is_mark = drift.field == Field::Label(INSTALLATION.to_owned());
        let is_reported = comparison.policy == DriftPolicy::Report && drift.is_foreign && !is_mark;
        if is_reported || drift.corrections >= CORRECTIONS {
            self.left.extend((!is_mark).then(|| drift.clone()));
            self.drift.push(drift);
            return;
        }
        self.corrections.insert(drift.field.clone(), drift.wanted.clone());
        self.drift.push(Drift { corrections: drift.corrections + 1, at: comparison.now, ..drift });
    }
}
