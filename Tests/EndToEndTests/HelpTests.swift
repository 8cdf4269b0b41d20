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

  private static func words(of example: String) -> [String] {
    example.split(separator: " ").map { String($0).trimmingCharacters(in: ["'", "\""]) }
  }

  /// `MODEL.gguf`: a name in capitals stands for a file of the reader's own.
  private static func isPlaceholder(_ word: String) -> Bool {
    let stem = word.prefix { $0 != "." }
    return stem.count > 2 && stem.allSatisfy { $0.isASCII && $0.isUppercase }
  }

  @Test func `a file in an example is a sample, is written by it, or is a name in capitals`() throws
  {
    let endings = ["gguf", "pkl", "jsonl", "epdict", "epstore", "npz", "safetensors", "md"]
    let samples = Program.samples.deletingLastPathComponent()
    for command in try Self.commands() {
      let words = Self.words(of: try #require(Self.example(of: command)))
      for (index, word) in words.enumerated() {
        let path = String(word.prefix { $0 != "#" })
        let isFile = path.contains("/") || endings.contains { path.hasSuffix(".\($0)") }
        guard isFile, index == 0 || words[index - 1] != "-o", !Self.isPlaceholder(word),
          // Names of repositories and models.
          !["J-RUM/", "google/", "gemma-2-2b/"].contains(where: word.hasPrefix)
        else { continue }
        #expect(
          FileManager.default.fileExists(
            atPath: samples.appending(path: path).path(percentEncoded: false)),
          "\(command.commandName): \(word)")
      }
      // An autoencoder is a folder, whose name has no ending.
      if let index = words.firstIndex(of: "--sae") { #expect(Self.isPlaceholder(words[index + 1])) }
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
        Self.words(of: example).allSatisfy({ !Self.isPlaceholder($0) && !$0.hasPrefix("J-RUM/") }),
        !["ablate", "steer", "probe"].contains(command.commandName)
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
