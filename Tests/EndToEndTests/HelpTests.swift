import Foundation
import Testing

struct HelpTests {
  /// What the program tells of its own commands.
  private struct Dump: Decodable {
    struct Command: Decodable {
      var commandName: String
      var discussion: String?
      var arguments: [Argument]?
      var subcommands: [Command]?
    }

    struct Argument: Decodable {
      struct Name: Decodable { var name: String }
      var names: [Name]?
    }

    var command: Command
  }

  private static func commands() throws -> [Dump.Command] {
    let dump = try Program().run("--experimental-dump-help").output
    let root = try JSONDecoder().decode(Dump.self, from: Data(dump.utf8)).command
    return (root.subcommands ?? []).filter { !["help", "manual"].contains($0.commandName) }
  }

  /// The example of a command, its lines joined as a shell joins them.
  private static func example(of command: Dump.Command) -> String? {
    guard let discussion = command.discussion,
      let start = discussion.range(of: "Example:\n")
    else { return nil }
    return discussion[start.upperBound...].replacing(#/ \\\n */#, with: " ")
      .trimmingCharacters(in: .whitespacesAndNewlines)
  }

  @Test func `every command's help has an example, and says what its JSON is`() throws {
    let commands = try Self.commands()
    #expect(commands.count > 25)
    for command in commands {
      let name = command.commandName
      let example = try #require(Self.example(of: command), "\(name)")
      #expect(
        example.hasPrefix(name == "explore" ? "exemplar " : "exemplar \(name) "), "\(example)")
      let hasJSON = command.arguments?.contains {
        $0.names?.contains { $0.name == "json" } ?? false
      }
      guard hasJSON == true else { continue }
      #expect(command.discussion?.contains("With --json: ") == true, "\(name)")
    }
  }

  @Test func `the lines of an example fit a terminal of 80 columns`() throws {
    for command in try Self.commands() {
      let lines = try #require(command.discussion).split(separator: "\n")
      let first = try #require(lines.firstIndex(of: "Example:"))
      for line in lines[first...] { #expect(line.count < 80, "\(line)") }
    }
  }

  /// Those that need nothing but the samples run as they stand there.
  @Test func `the examples on the samples do what they say`() throws {
    let program = try Program()
    var tried = 0
    for command in try Self.commands() where command.commandName != "explore" {
      let example = try #require(Self.example(of: command))
      // A person's own files are not there, nor a network; the slow one is run by a test of its own.
      guard
        !["J-RUM/", "model.gguf", "session.jsonl", "dictionary.pkl", "autoencoder", "concepts."]
          .contains(where: example.contains), command.commandName != "ablate",
        command.commandName != "steer", command.commandName != "probe"
      else { continue }
      let result = try program.shell(example)
      #expect(result.status == 0, "\(example): \(result.error)")
      #expect(!result.output.isEmpty, "\(example)")
      tried += 1
    }
    #expect(tried >= 12)
  }
}

extension Program {
  /// What a shell makes of a line that begins with `exemplar`, in the folder of the samples; outputs go to a folder of its own.
  fileprivate func shell(_ line: String) throws -> Result {
    let words = line.matches(of: /'([^']*)'|"([^"]*)"|(\S+)/).map {
      String($0.output.1 ?? $0.output.2 ?? $0.output.3 ?? "")
    }
    let samples = Self.samples.deletingLastPathComponent().path(percentEncoded: false)
    var isOutput = false
    return try run(
      words.dropFirst().map { word in
        defer { isOutput = word == "-o" }
        if isOutput { return path(word) }
        return word.hasPrefix("sample-dicts/") ? samples + word : word
      })
  }
}
