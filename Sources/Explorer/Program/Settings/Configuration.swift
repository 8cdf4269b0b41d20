import Terminal

/// What `config.toml` says.
package struct Configuration: Equatable, Sendable {
  /// Used whatever the background; `nil`: by the background.
  package var theme: String?
  package var darkTheme: String?
  package var lightTheme: String?
  package var isMouseOn: Bool?

  package init() {}

  /// - Returns: no configuration where anything is wrong.
  package static func reading(
    _ toml: String, file: String
  ) -> (configuration: Configuration?, problems: [ThemeProblem]) {
    let settings = SettingsFile(toml, file: file)
    var problems = settings.problems
    var configuration = Configuration()
    for entry in settings.entries {
      let key = entry.section.isEmpty ? entry.key : "\(entry.section).\(entry.key)"
      let problem: String?
      switch (key, entry.value) {
      case ("theme", .text(let name)):
        configuration.theme = name == "auto" ? nil : name
        problem = nil
      case ("dark-theme", .text(let name)):
        configuration.darkTheme = name
        problem = nil
      case ("light-theme", .text(let name)):
        configuration.lightTheme = name
        problem = nil
      case ("mouse", .flag(let isOn)):
        configuration.isMouseOn = isOn
        problem = nil
      case ("theme", _), ("dark-theme", _), ("light-theme", _):
        problem = "\(key) must be the name of a theme in quotes"
      case ("mouse", _): problem = "mouse must be true or false"
      default:
        problem = "unknown setting “\(key)”; expected theme, dark-theme, light-theme or mouse"
      }
      if let problem {
        problems.append(ThemeProblem(file: file, line: entry.line, message: sanitized(problem)))
      }
    }
    return problems.isEmpty ? (configuration, []) : (nil, problems)
  }
}
