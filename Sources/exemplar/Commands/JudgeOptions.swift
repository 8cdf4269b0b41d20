import ArgumentParser
import Experiments

/// A judge of the user's own, beside the classifier.
struct JudgeOptions: ParsableArguments {
  @Option(
    name: .customLong("judge"),
    help: ArgumentHelp(
      """
      Have the answers judged by a command too, beside the classifier. /bin/sh runs it; it gets JSON Lines {id, prompt, \
      answer} and writes {id, verdict} with an optional score and reason, once for each id. The verdict is refused, \
      complied, degenerate or unclear.
      """, valueName: "command"))
  var command: String?

  @Option(
    help: "What the judge is called; without it, as it names itself, or its command's first word.")
  var judgeName: String?

  @Option(
    help: """
      Seconds without a new verdict after which the judge is stopped (default: \(Int(Judge.defaultTimeout))).
      """)
  var judgeTimeout: Double?

  func validate() throws {
    guard command != nil || (judgeName == nil && judgeTimeout == nil) else {
      throw ValidationError("expected --judge beside --judge-name and --judge-timeout")
    }
    if let command, command.allSatisfy(\.isWhitespace) {
      throw ValidationError("--judge: expected a command")
    }
    if let judgeName, judgeName.isEmpty || judgeName.count > Judge.longestName {
      throw ValidationError("--judge-name: expected from 1 to \(Judge.longestName) characters")
    }
    guard judgeTimeout.map({ $0 > 0 && $0 <= 1e8 }) ?? true else {
      throw ValidationError("--judge-timeout: expected seconds above 0, at most 100000000")
    }
  }

  var judge: Judge? {
    command.map {
      Judge(command: $0, name: judgeName, timeout: judgeTimeout ?? Judge.defaultTimeout)
    }
  }
}
