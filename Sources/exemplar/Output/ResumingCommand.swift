import Experiments
import Foundation

/// What was typed, for who is to type it again.
enum ResumingCommand {
  /// - Parameter keepingOverwrite: without it `--overwrite` is left out, where it would begin again.
  static func text(keepingOverwrite: Bool = false) -> String {
    CommandLine.arguments.filter { keepingOverwrite || $0 != "--overwrite" }.map { argument in
      let isPlain = argument.allSatisfy {
        $0.isASCII && ($0.isLetter || $0.isNumber || "-_./=:,@+%".contains($0))
      }
      guard !isPlain || argument.isEmpty else { return argument }
      return shellQuoted(oneLine(argument))
    }.joined(separator: " ")
  }
}
