//! What is wrong with a Secret, all of it at once.

use slipway_core::{failure::Failure, reason::Reason};

/// Mistakes found so far. Each is a sentence that names a key of the Secret and the mend.
#[derive(Default)]
pub(crate) struct Mistakes {
    found: Vec<String>,
    /// Something is there and wrong.
    wrong: bool,
}

impl Mistakes {
    /// Something is not there, or empty.
    pub(crate) fn missing(&mut self, mistake: impl Into<String>) {
        self.found.push(mistake.into());
    }

    /// Something is there and cannot be used.
    pub(crate) fn wrong(&mut self, mistake: impl Into<String>) {
        self.wrong = true;
        self.found.push(mistake.into());
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    pub(crate) fn into_failure(self) -> Failure {
        let reason = if self.wrong { Reason::CredentialsInvalid } else { Reason::SecretIncomplete };
        let listed = match self.found.as_slice() {
            [only] => only.clone(),
            several => {
                let numbered =
                    several.iter().enumerate().map(|(index, mistake)| format!("({}) {mistake}", index + 1));
                numbered.collect::<Vec<_>>().join(" ")
            }
        };
        Failure::new(reason, format!("the Secret of `spec.oci.credentialsRef` cannot be used: {listed}"))
    }
}
