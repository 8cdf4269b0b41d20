import ArgumentParser
import Experiments
import Foundation

@main
struct Entry {
  static func main() async {
    do {
      var command = try Exemplar.parseAsRoot()
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
        Exemplar.exit(withError: error)
      }
      StandardError.print("exemplar: \(oneLine("\(error)", atMost: 4000))")
      exit(1)
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
    subcommands: [
      Explore.self, Build.self, Import.self, Export.self, Info.self, Regions.self, Search.self,
      Metrics.self, Assign.self, LabelCommand.self, Tokenize.self, Forward.self, Generate.self,
      Match.self, Trace.self, CoverageCommand.self, Ablate.self, Steer.self,
      ExperimentsCommand.self, Capture.self,
      Outcomes.self, Replay.self, Manual.self, ProbeCommand.self, Detect.self, CompareSAE.self,
      Stability.self, PathsCommand.self, AlignmentCommand.self,
    ],
    defaultSubcommand: Explore.self)
}
