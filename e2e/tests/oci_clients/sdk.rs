//! The vendor's SDK for Python (`sdk.py`), one call after the other.

use anyhow::Context as _;
use serde_json::{Value, json};
use slipway_e2e::foreign::Desk;
use slipway_e2e::program::project;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout};

/// A client that lives as long as this value.
pub(crate) struct Sdk {
    child: Child,
    stdin: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
}

/// What a call came to.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u64,
    pub(crate) headers: Value,
    /// As it was on the wire.
    pub(crate) body: Value,
}

impl Sdk {
    /// `settings` say where the service is and how to sign (`sdk.py`).
    pub(crate) fn start(desk: &Desk, settings: &Value) -> anyhow::Result<Self> {
        let script = project().join("e2e/tests/oci_clients/sdk.py");
        let mut child = desk.client("python").arg(script).arg(settings.to_string()).spawn()?;
        let stdin = child.stdin.take().context("no standard input")?;
        let stdout = child.stdout.take().context("no standard output")?;
        Ok(Self { child, stdin, lines: BufReader::new(stdout).lines() })
    }

    /// A call that the service takes, and whose answer is as the SDK's model has it.
    pub(crate) async fn ok(
        &mut self,
        operation: &str,
        arguments: Value,
        details: Value,
    ) -> anyhow::Result<Answer> {
        let answer = self.say(&line(operation, arguments, details)).await?;
        let problems = answer["problems"].as_array().context("no list of problems")?;
        anyhow::ensure!(answer["error"].is_null(), "{operation} is refused: {}", answer["error"]);
        anyhow::ensure!(
            problems.is_empty(),
            "{operation} does not fit the model: {problems:#?}\n{}",
            answer["body"]
        );
        Answer::read(answer)
    }

    /// All that does not fit the SDK's model in the answer to this call.
    pub(crate) async fn problems(
        &mut self,
        operation: &str,
        arguments: Value,
    ) -> anyhow::Result<Vec<String>> {
        let answer = self.say(&line(operation, arguments, Value::Null)).await?;
        Ok(serde_json::from_value(answer["problems"].clone())?)
    }

    /// A call that the service refuses, with the code that the SDK's error has.
    pub(crate) async fn refused(
        &mut self,
        operation: &str,
        arguments: Value,
        details: Value,
        (status, code): (u64, &str),
    ) -> anyhow::Result<()> {
        let answer = self.say(&line(operation, arguments, details)).await?;
        let error = &answer["error"];
        let as_expected = error["status"] == status && error["code"] == code && error["message"].is_string();
        anyhow::ensure!(as_expected, "{operation} is not refused with {status} {code}: {answer}");
        anyhow::ensure!(error["requestId"].is_string(), "no opc-request-id: {answer}");
        Ok(())
    }

    /// Operations that were never called, and fields of their answers that were never there.
    pub(crate) async fn summary(&mut self) -> anyhow::Result<(Value, Value)> {
        let answer = self.say(&json!({"summary": true})).await?;
        Ok((answer["uncalled"].clone(), answer["unanswered"].clone()))
    }

    async fn say(&mut self, line: &Value) -> anyhow::Result<Value> {
        // When the program has ended, what it complains about tells more than the closed pipe.
        let _closed = self.stdin.write_all(format!("{line}\n").as_bytes()).await;
        let Some(answer) = self.lines.next_line().await? else {
            let mut complaint = String::new();
            if let Some(mut stderr) = self.child.stderr.take() {
                stderr.read_to_string(&mut complaint).await?;
            }
            anyhow::bail!("the SDK ended at {line}:\n{complaint}");
        };
        serde_json::from_str(&answer).with_context(|| format!("not JSON: {answer}"))
    }
}

impl Answer {
    fn read(mut answer: Value) -> anyhow::Result<Self> {
        let status = answer["status"].as_u64().context("no status")?;
        anyhow::ensure!(answer["headers"]["opc-request-id"].is_string(), "no opc-request-id: {answer}");
        Ok(Self { status, headers: answer["headers"].take(), body: answer["body"].take() })
    }

    pub(crate) fn etag(&self) -> anyhow::Result<&str> {
        self.headers["etag"].as_str().context("no etag")
    }

    pub(crate) fn id(&self) -> anyhow::Result<&str> {
        self.body["id"].as_str().context("no id")
    }
}

fn line(operation: &str, arguments: Value, details: Value) -> Value {
    let fields = [("operation", operation.into()), ("arguments", arguments), ("details", details)];
    Value::Object(fields.map(|(name, value)| (name.to_owned(), value)).into_iter().collect())
}
