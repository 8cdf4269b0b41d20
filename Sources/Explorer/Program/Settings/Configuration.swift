import Foundation
import Terminal

/// What `config.toml` says.
package struct Configuration: Equatable, Sendable {
  /// Used whatever the background; `nil`: by the background.
  package var theme: String?
  package var darkTheme: String?
  package var lightTheme: String?
  package var isMouseOn: Bool?
  /// Command lines of engines by the names that they are called by.
  package var engines: [String: String] = [:]
  /// The engine that the explorer runs models on, where the command line names none.
  package var engine: String?
  /// Seconds without a word after which a worker is taken for hung.
  package var engineTimeout: Int?

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
      case ("engine", .text(let name)):
        configuration.engine = name
        problem = nil
      case ("engine-timeout", .number(let seconds)) where (1...86_400).contains(seconds):
        configuration.engineTimeout = seconds
        problem = nil
      case (let key, .text(let command)) where key.hasPrefix("engines."):
        let name = String(key.dropFirst("engines.".count))
        configuration.engines[name] = command
        problem =
          command.trimmingCharacters(in: .whitespaces).isEmpty
          ? "\(key) must be a command line" : nil
      case (let key, _) where key.hasPrefix("engines."):
        problem = "\(key) must be a command line in quotes"
      case ("engine", _): problem = "engine must be a command line or a name of [engines] in quotes"
      case ("engine-timeout", _): problem = "engine-timeout must be whole seconds of 1 to 86400"
      case ("theme", _), ("dark-theme", _), ("light-theme", _):
        problem = "\(key) must be the name of a theme in quotes"
      case ("mouse", _): problem = "mouse must be true or false"
      default:
        problem =
          "unknown setting “\(key)”; expected theme, dark-theme, light-theme, mouse, engine, "
          + "engine-timeout or engines.NAME"
      }
      if let problem {
        problems.append(ThemeProblem(file: file, line: entry.line, message: sanitized(problem)))
      }
    }
    return problems.isEmpty ? (configuration, []) : (nil, problems)
  }
}
