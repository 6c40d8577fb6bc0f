//! A short soak: that it runs, restarts its server, and finds nothing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::process::Command;

#[test]
fn a_short_soak_loses_doubles_and_hangs_nothing() {
    let output = Command::new(env!("CARGO_BIN_EXE_bench")).args(["soak", "--seconds", "2"]).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    for line in ["lost 0", "doubled 0", "hung 0"] {
        assert!(text.lines().any(|printed| printed == line), "{line}: {text}");
    }
    for part in
        ["throughput ", "at start:    sockets 0, file descriptors ", "when closed: sockets 0, file descriptors "]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains(": 0 succeeded") && !text.contains("restarts of the server 0;"), "{text}");
}
