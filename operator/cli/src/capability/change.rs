//! What `set` and `unset` show, ask and do.

use std::io::{IsTerminal as _, Write};

use anyhow::bail;
use serde_json::json;
use slipway_core::failure::{Effect, Failure};
use slipway_core::reason::Reason;
use slipway_core::subscription::Capability;

use super::args::ConsentArgs;
use super::desk::Desk;
use super::key::{Wish, short};
use super::owner::Owner;
use super::place::Place;
use super::report::title;
use crate::question::confirmed;
use crate::table::table;

const NO_TERMINAL: &str =
    "standard input is no terminal, so nobody can be asked: add --yes, or --dry-run to look only";

/// Changes that a person asks for.
pub(crate) struct Change<'a> {
    pub(crate) desk: &'a Desk,
    pub(crate) place: &'a Place<'a>,
    pub(crate) wishes: &'a [Wish],
}

impl Change<'_> {
    /// Shows, asks, writes; in this order.
    pub(crate) async fn run(&self, consent: ConsentArgs, out: &mut dyn Write) -> anyhow::Result<()> {
        let present = self.desk.capabilities().await?;
        writeln!(
            out,
            "{}\n\n{}",
            title(self.desk, self.place),
            comparison(self.wishes, &present, self.desk.kind())
        )?;
        if consent.dry_run {
            write!(out, "{}", self.requests())?;
            return Ok(());
        }
        if !consent.yes {
            self.ask(out)?;
        }
        self.write(out).await
    }

    fn ask(&self, out: &mut dyn Write) -> anyhow::Result<()> {
        if !std::io::stdin().is_terminal() {
            bail!(NO_TERMINAL);
        }
        let question = format!("Change {} at {}?", self.desk.owner(), self.desk.host());
        if !confirmed(&question, &mut std::io::stdin().lock(), out)? {
            bail!("not confirmed; nothing is changed");
        }
        Ok(())
    }

    async fn write(&self, out: &mut dyn Write) -> anyhow::Result<()> {
        for (index, wish) in self.wishes.iter().enumerate() {
            let outcome = self.desk.write(&wish.key, wish.value.as_deref()).await;
            outcome.map_err(|failure| self.refused(wish, index, failure))?;
            match &wish.value {
                Some(value) => writeln!(out, "{} set to {value}.", wish.key)?,
                None => writeln!(out, "{} unset.", wish.key)?,
            }
        }
        if self.desk.kind() == Owner::Organization {
            writeln!(
                out,
                "\nSlipway sees it at its next look (every ten of its --poll-interval) and shows it:\n\n  {}",
                self.place.known()
            )?;
        }
        Ok(())
    }

    /// What would be sent (`facts/ocm.md §2.8`).
    fn requests(&self) -> String {
        let url = self.desk.labels_url();
        let request = |Wish { key, value }: &Wish| match value {
            Some(value) => {
                let body = json!({"kind": "Label", "key": key, "value": value});
                format!("  POST {url}\n  {body}\n")
            }
            None => format!("  DELETE {url}/{key}\n"),
        };
        let requests: Vec<_> = self.wishes.iter().map(request).collect();
        format!(
            "Nothing was changed. The account {} would send:\n\n{}",
            self.desk.username(),
            requests.concat()
        )
    }

    /// A wish that was not fulfilled, after so many that were.
    fn refused(&self, wish: &Wish, done: usize, failure: Failure) -> anyhow::Error {
        let words = refusal(&Refused {
            wish,
            done: &self.wishes[..done],
            owner: self.desk.kind(),
            named: self.desk.owner(),
            place: self.place,
            failure: &failure,
        });
        anyhow::Error::new(failure).context(words)
    }
}

struct Refused<'a> {
    wish: &'a Wish,
    done: &'a [Wish],
    owner: Owner,
    named: String,
    place: &'a Place<'a>,
    failure: &'a Failure,
}

/// What a refusal means for the person: what is done, what is not, and what to do. The registrar's own words come after it.
fn refusal(refused: &Refused<'_>) -> String {
    let Refused { wish, done, owner, named, place, failure } = refused;
    let deed = if wish.value.is_some() { "set" } else { "unset" };
    let mut words = match failure.effect {
        Effect::None => format!("{} of {named} is not {deed}", wish.key),
        Effect::Unknown => format!(
            "{} of {named} may be {deed} or not; look: kubectl slipway capability get {} -n {} --of {}",
            wish.key,
            place.name,
            place.namespace,
            owner.word()
        ),
    };
    if !done.is_empty() {
        let done: Vec<&str> = done.iter().map(|wish| wish.key.as_str()).collect();
        words = format!("{words}; before it was done: {}", done.join(", "));
    }
    if failure.reason == Reason::PermissionMissing && *owner == Owner::Organization {
        words = format!(
            "{words}; capabilities of an organization are normally written by the vendor only: open a support ticket there that names \
             the organization and the capability"
        );
    }
    words
}

/// Each wish beside what is there now.
fn comparison(wishes: &[Wish], present: &[Capability], owner: Owner) -> String {
    let now = |key: &str| present.iter().find(|one| one.name == key).map_or("(none)", |one| &one.value);
    let rows = wishes
        .iter()
        .map(|Wish { key, value }| [short(key, owner), now(key), value.as_deref().unwrap_or("(none)"), key]);
    let rows: Vec<_> = std::iter::once(["NAME", "NOW", "THEN", "CAPABILITY"]).chain(rows).collect();
    table(&rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Place<'_> = Place { namespace: "metal", name: "edge1" };

    fn wish(name: &str, value: Option<&str>) -> Wish {
        Wish { key: format!("capability.organization.{name}"), value: value.map(str::to_owned) }
    }

    fn words(owner: Owner, done: &[Wish], failure: &Failure) -> String {
        let wish = wish("hypershift", Some("true"));
        let named = format!("{} o1", owner.word());
        refusal(&Refused { wish: &wish, done, owner, named, place: &PLACE, failure })
    }

    #[test]
    fn wishes_stand_beside_what_is_there() {
        let present = [
            Capability { name: "capability.organization.hypershift".into(), value: "true".into() },
            Capability { name: "capability.organization.other".into(), value: "7".into() },
        ];
        let wishes = [wish("hypershift", None), wish("bare_metal_installer_multiarch", Some("true"))];
        let text = comparison(&wishes, &present, Owner::Organization);
        assert_eq!(text, include_str!("golden/comparison.txt"));
    }

    #[test]
    fn a_refusal_says_what_is_done_and_what_to_do() {
        let denied = Failure::new(Reason::PermissionMissing, "403");
        let text = words(Owner::Organization, &[], &denied);
        assert!(
            text.starts_with("capability.organization.hypershift of organization o1 is not set; "),
            "{text}"
        );
        assert!(text.contains("open a support ticket"), "{text}");
        assert!(!words(Owner::Account, &[], &denied).contains("ticket"));
        let lost = Failure::new(Reason::Unreachable, "lost").with_unknown_effect();
        let text = words(Owner::Organization, &[wish("a", None), wish("b", None)], &lost);
        assert!(
            text.contains("may be set or not; look: kubectl slipway capability get edge1 -n metal --of "),
            "{text}"
        );
        assert!(
            text.ends_with("before it was done: capability.organization.a, capability.organization.b"),
            "{text}"
        );
    }
}
