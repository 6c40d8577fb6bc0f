// A line for each test, and at the end one as cargo test's, which ./test counts.
export default async function* reporter(source) {
  const count = { passed: 0, failed: 0, ignored: 0 };
  const started = performance.now();
  for await (const { type, data } of source) {
    // Tests within tests are parts of them.
    if (type === "test:stdout" || type === "test:stderr") yield data.message;
    if (data.nesting !== 0) continue;
    if (type === "test:pass" && (data.skip !== undefined || data.todo !== undefined)) {
      count.ignored++;
      yield `ignored ${data.name}\n`;
    } else if (type === "test:pass") {
      count.passed++;
      yield `ok      ${data.name}\n`;
    } else if (type === "test:fail") {
      count.failed++;
      const { error } = data.details;
      yield `FAILED  ${data.name}: ${(error.cause ?? error).stack ?? error.message}\n`;
    }
  }
  const outcome = count.failed > 0 ? "FAILED" : "ok";
  const seconds = ((performance.now() - started) / 1000).toFixed(2);
  const { passed, failed, ignored } = count;
  yield `test result: ${outcome}. ${passed} passed; ${failed} failed; ${ignored} ignored; finished in ${seconds}s\n`;
}
