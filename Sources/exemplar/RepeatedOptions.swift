import ArgumentParser

/// Options that take one value and are given two: the parser would keep the last, and say nothing.
enum RepeatedOptions {
  /// - Parameter arguments: behind the program's name.
  static func check(_ arguments: [String]) throws {
    let given = arguments.prefix { $0 != "--" }.filter { $0.hasPrefix("-") && $0.count > 1 }
      .map { $0 == "-o" ? "--output" : String($0.prefix { $0 != "=" }) }
    // What the parser knows takes a while to be told, and is asked only where an option stands twice.
    guard Set(given).count < given.count else { return }
    for argument in try CommandOutline(of: command(of: arguments)).arguments ?? []
    where argument.kind == "option" && argument.isRepeating != true {
      let names = (argument.names ?? []).filter { $0.kind == "long" }.map { "--\($0.name)" }
      let count = given.count { names.contains($0) }
      if count > 1 {
        throw ValidationError(
          "expected \(names.last ?? "an option") once, found it \(count) times")
      }
    }
  }

  /// Without a command it is the explorer.
  private static func command(of arguments: [String]) -> any ParsableCommand.Type {
    var command: (any ParsableCommand.Type)?
    for word in arguments {
      let among = (command ?? Exemplar.self).configuration.subcommands
      guard let next = among.first(where: { $0._commandName == word }) else { break }
      command = next
    }
    return command ?? Explore.self
  }
}
