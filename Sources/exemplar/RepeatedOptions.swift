import ArgumentParser

/// Options that take one value and are given two: the parser would keep the last, and say nothing.
enum RepeatedOptions {
  /// - Parameter arguments: behind the program's name.
  static func check(_ arguments: [String]) throws {
    let given = arguments.prefix { $0 != "--" }.filter { $0.hasPrefix("-") && $0.count > 1 }
      .map { String($0.prefix { $0 != "=" }) }
    // What the parser knows takes a while to be told, and is asked only where it matters.
    guard Set(given).count < given.count || given.contains(where: { !$0.hasPrefix("--") }) else {
      return
    }
    for argument in try command(of: arguments).arguments ?? []
    where argument.kind == "option" && argument.isRepeating != true {
      let names = (argument.names ?? []).map { ($0.kind == "long" ? "--" : "-") + $0.name }
      let count = given.count { names.contains($0) }
      if count > 1 {
        throw ValidationError(
          "expected \(names.last ?? "an option") once, found it \(count) times")
      }
    }
  }

  private static func command(of arguments: [String]) throws -> CommandOutline {
    var command = try CommandOutline.root()
    for word in arguments {
      guard let next = command.subcommands?.first(where: { $0.commandName == word }) else { break }
      command = next
    }
    // Without a command it is the explorer.
    if command.commandName == Exemplar.configuration.commandName,
      let explorer = command.subcommands?.first(where: { $0.commandName == Explore._commandName })
    {
      command = explorer
    }
    return command
  }
}
