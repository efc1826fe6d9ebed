//! Running one test that may have to be skipped.
//!
//! The standard test runner knows no test that finds out that it cannot run: it would count as passed. So a foreign
//! test is a program of its own (`harness = false`) that speaks like the standard runner.

use std::future::Future;
use std::io::Write as _;
use std::process::ExitCode;
use std::time::Instant;

/// With the value `1`, a missing part is a failure. `make test` sets it, for there the set-up has made the parts.
pub const REQUIRED: &str = "SLIPWAY_REQUIRE_FOREIGN";

/// Options of the standard runner that take a value of their own, but for `--skip`.
const WITH_VALUE: [&str; 5] = ["--color", "--format", "--logfile", "--shuffle-seed", "--test-threads"];

enum Verdict {
    Passed,
    Skipped(String),
    Failed(String),
}

/// Runs the test with the foreign parts that `set_up` makes, or skips it loudly when they cannot be made, unless
/// [`REQUIRED`] says that they have to be there. Heeds the names on the command line.
pub fn run<P, F: Future<Output = anyhow::Result<()>>>(
    name: &str,
    set_up: impl Future<Output = anyhow::Result<P>>,
    test: impl FnOnce(P) -> F,
) -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "--list") {
        say(&format!("{name}: test\n"));
        return ExitCode::SUCCESS;
    }
    if !is_selected(name, &arguments) {
        say(&format!("\nrunning 0 tests\n{}", summary([0, 0, 0, 1])));
        return ExitCode::SUCCESS;
    }
    say("\nrunning 1 test\n");
    let begin = Instant::now();
    let verdict = judge(set_up, test);
    let seconds = begin.elapsed().as_secs_f32();
    let (word, counts) = match &verdict {
        Verdict::Passed => (format!("ok ({seconds:.1} s)"), [1, 0, 0, 0]),
        Verdict::Skipped(why) => (format!("ignored, skipped: {why}"), [0, 0, 1, 0]),
        Verdict::Failed(why) => (format!("FAILED\n\n{why}\n"), [0, 1, 0, 0]),
    };
    say(&format!("test {name} ... {word}\n{}", summary(counts)));
    if matches!(verdict, Verdict::Failed(_)) { ExitCode::from(101) } else { ExitCode::SUCCESS }
}

/// Says that the test is skipped, and why: for one that may be missing something wherever it runs.
#[must_use]
pub fn skip(name: &str, why: &str) -> ExitCode {
    say(&format!("\nrunning 1 test\ntest {name} ... ignored, skipped: {why}\n{}", summary([0, 0, 1, 0])));
    ExitCode::SUCCESS
}

fn judge<P, F: Future<Output = anyhow::Result<()>>>(
    set_up: impl Future<Output = anyhow::Result<P>>,
    test: impl FnOnce(P) -> F,
) -> Verdict {
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(failure) => return Verdict::Failed(failure.to_string()),
    };
    runtime.block_on(async {
        let parts = match set_up.await {
            Ok(parts) => parts,
            Err(missing) if std::env::var_os(REQUIRED).is_some_and(|value| value == "1") => {
                return Verdict::Failed(format!("{missing:#}; {REQUIRED}=1 forbids to skip"));
            }
            Err(missing) => return Verdict::Skipped(format!("{missing:#}")),
        };
        match test(parts).await {
            Ok(()) => Verdict::Passed,
            Err(failure) => Verdict::Failed(format!("{failure:#}")),
        }
    })
}

fn is_selected(name: &str, arguments: &[String]) -> bool {
    let mut filters = Vec::new();
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match argument.as_str() {
            "--ignored" => return false,
            "--skip" if rest.next().is_some_and(|skip| name.contains(skip.as_str())) => return false,
            option if WITH_VALUE.contains(&option) => drop(rest.next()),
            option if option.starts_with("--") => {}
            filter => filters.push(filter),
        }
    }
    filters.is_empty() || filters.iter().any(|filter| name.contains(filter))
}

fn summary([passed, failed, ignored, filtered]: [u8; 4]) -> String {
    let result = if failed == 0 { "ok" } else { "FAILED" };
    format!(
        "\ntest result: {result}. {passed} passed; {failed} failed; {ignored} ignored; 0 measured; \
         {filtered} filtered out\n\n"
    )
}

fn say(text: &str) {
    // Whoever closed the output does not want to know.
    let _nobody_reads = std::io::stdout().write_all(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::is_selected;

    fn selected(line: &str) -> bool {
        let arguments: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        is_selected("real_machine", &arguments)
    }

    #[test]
    fn the_command_line_of_the_standard_runner_is_heeded() {
        for line in
            ["", "real", "--nocapture machine", "--test-threads 1", "--exact real_machine", "--skip other"]
        {
            assert!(selected(line), "{line}");
        }
        for line in ["other", "--test-threads 1 other", "--skip real", "--ignored"] {
            assert!(!selected(line), "{line}");
        }
    }
}
