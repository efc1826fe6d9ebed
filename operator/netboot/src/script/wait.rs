//! The script of a machine that has to ask again.

use super::{Script, Word, writer::Fetch};

/// How often a machine is told to ask again, 5 s apart, before it goes on to its next boot entry.
pub(crate) const ROUNDS: u32 = 120;

/// Waits 5 s and asks again; `round` counts how often it did. Never a decision, neither to install nor to boot.
pub(crate) fn wait(why: &str, round: u32) -> String {
    let mut script = Script::new();
    script.echo(&format!("Slipway: {why}"));
    if round >= ROUNDS {
        return script.echo("Slipway: waited long enough").finish();
    }
    let next = Word::fixed(
        "script?mac=${netX/mac:hexhyp}&mac=${mac:hexhyp}&uuid=${uuid}&serial=${serial:uristring}\
         &arch=${buildarch}&platform=${platform}&round=${round}",
    );
    script.lines("set tries:int32 0").set_number("round", round + 1).lines(":ask\nsleep 5");
    script.fetch(Fetch::Chain, &[Word::fixed("--replace"), next], "failed");
    script.lines(":failed\ninc tries\niseq ${tries} 20 && goto stop ||\ngoto ask\n:stop");
    script.finish()
}

#[cfg(test)]
mod tests {
    use super::{ROUNDS, wait};

    #[test]
    fn waiting_ends() {
        assert!(wait("starting", ROUNDS - 1).contains("set round 120\n"));
        assert!(!wait("starting", ROUNDS).contains("chain"));
    }
}
