import ArgumentParser
import Experiments
import Explorer
import Foundation
import Terminal

@main
struct Entry {
  static func main() async {
    LostFiles.watch()
    // At a limit on the size of files a write fails, and says so, where the signal would end the process without a word.
    signal(SIGXFSZ, SIG_IGN)
    StandardOutput.watch()
    if let number = firstArgumentThatIsNotText() {
      StandardError.print(
        "exemplar: argument \(number): expected UTF-8, found other bytes; a link of a plain name to that file helps"
      )
      exit(1)
    }
    do {
      let arguments = Array(CommandLine.arguments.dropFirst())
      try CommandName.check(arguments)
      try RepeatedOptions.check(arguments)
      var command = try Exemplar.parseAsRoot(NegativeNumbers.joined(arguments))
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
    } catch is Interruption {
      StandardError.print("interrupted; nothing was left half-written, run the same command again")
      exit(130)
    } catch {
      // Usage, help and version are the parser's; everything else is wrong input, told in one line.
      guard Exemplar.exitCode(for: error) == .failure, !(error is ExitCode) else {
        endUsage(error)
      }
      let reason: any Error = (error as? MissingPath).map { CommandName.refusal(of: $0) } ?? error
      StandardError.print("exemplar: \(oneLine(words(of: reason), atMost: 4000))")
      exit(1)
    }
  }
}

extension Entry {
  /// Says what the parser says, with control characters of the arguments taken out, and ends.
  private static func endUsage(_ error: any Error) -> Never {
    let code = Exemplar.exitCode(for: error)
    let message = Exemplar.fullMessage(for: error)
    guard !code.isSuccess, !message.isEmpty else { Exemplar.exit(withError: error) }
    let lines = message.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
    for line in lines { StandardError.print(sanitized(String(line))) }
    exit(code.rawValue)
  }

  /// From 1. Swift mends such arguments, which then name other files than were meant.
  private static func firstArgumentThatIsNotText() -> Int? {
    (1..<max(1, Int(CommandLine.argc))).first { index in
      guard let bytes = CommandLine.unsafeArgv[index] else { return false }
      return String(validatingCString: bytes) == nil
    }
  }
}

struct Exemplar: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "exemplar",
    abstract: "A terminal explorer for Exemplar Partitioning dictionaries.",
    discussion: """
      With no arguments, or with paths, it opens the explorer. Everything that the explorer can do is a \
      subcommand too, with --json for other programs.
      """,
    version: toolVersion,
    groupedSubcommands: [
      CommandGroup(
        name: "Browsing",
        subcommands: [
          Explore.self, RegionsCommand.self, Search.self, Answers.self, LabelCommand.self,
          Trace.self,
        ]),
      CommandGroup(
        name: "Dictionary",
        subcommands: [
          Capture.self, Build.self, Assign.self, Fetch.self, Import.self, Export.self, Info.self,
          Metrics.self,
        ]),
      CommandGroup(
        name: "Comparison",
        subcommands: [
          Match.self, CoverageCommand.self, Stability.self, SaturationCommand.self,
          ResolutionCommand.self,
          PathsCommand.self, CompareSAE.self,
        ]),
      CommandGroup(
        name: "Intervention",
        subcommands: [
          Ablate.self, Steer.self, DirectionsCommand.self, PatchCommand.self,
          PlaygroundCommand.self, Outcomes.self, ExperimentsCommand.self,
        ]),
      CommandGroup(
        name: "Measurement",
        subcommands: [
          ProbeCommand.self, Detect.self, AlignmentCommand.self, NeighbourhoodCommand.self,
        ]),
      CommandGroup(
        name: "Model",
        subcommands: [Tokenize.self, Forward.self, Generate.self, EngineCommand.self]),
      CommandGroup(name: "Other", subcommands: [Replay.self, Manual.self]),
    ],
    defaultSubcommand: Explore.self)
}
