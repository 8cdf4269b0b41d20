import ArgumentParser
import Foundation

/// What the parser tells of its commands (`--experimental-dump-help`).
struct CommandOutline: Decodable {
  struct Argument: Decodable {
    struct Name: Decodable {
      var kind: String
      var name: String
    }

    var kind: String
    var names: [Name]?
    var valueName: String?
    var abstract: String?
    var defaultValue: String?
    var shouldDisplay: Bool?
    var isOptional: Bool?
    var isRepeating: Bool?
  }

  var commandName: String
  var abstract: String?
  var discussion: String?
  var shouldDisplay: Bool?
  var arguments: [Argument]?
  var subcommands: [CommandOutline]?

  /// - Complexity: of its subcommands too, all of them: a good part of a second for the whole program in a debug build.
  init(of command: any ParsableCommand.Type) throws {
    struct Dump: Decodable {
      var command: CommandOutline
    }
    self = try JSONDecoder().decode(Dump.self, from: Data(command._dumpHelp().utf8)).command
  }
}
