/// `--norms -0.5 0.5`, as people write it: to the parser what begins with a dash is an option.
enum NegativeNumbers {
  /// Options whose values may be below zero, and whether they take several.
  private static let options: [String: Bool] = [
    "--norms": true, "--alpha": true, "--cutoff": false, "--strength": false, "--ablate": false,
  ]

  /// Arguments with such values joined to their options by `=`, several of them by commas.
  ///
  /// - Parameter arguments: behind the program's name.
  static func joined(_ arguments: [String]) -> [String] {
    let takesSeveral = arguments.first == "steer"
    var result: [String] = []
    var index = 0
    while index < arguments.count {
      let argument = arguments[index]
      guard argument != "--" else { return result + arguments[index...] }
      index += 1
      guard let isList = options[argument] else {
        result.append(argument)
        continue
      }
      var values: [String] = []
      while index < arguments.count, isNumber(arguments[index]),
        values.isEmpty || (isList && takesSeveral)
      {
        values.append(arguments[index])
        index += 1
      }
      guard values.contains(where: { $0.hasPrefix("-") || $0.contains(",-") }) else {
        result += [argument] + values
        continue
      }
      result.append(argument + "=" + values.joined(separator: ","))
    }
    return result
  }

  /// A number, or several with commas.
  private static func isNumber(_ text: String) -> Bool {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false)
    return parts.allSatisfy { part in
      Double(part) != nil && part.contains { $0.isNumber }
    }
  }
}
