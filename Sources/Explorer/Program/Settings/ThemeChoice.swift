import Terminal

/// Which theme is shown, and why. What a person asks for comes first: in the command line, in the picker, in the file of
/// settings; otherwise the background of the terminal decides.
package struct ThemeChoice: Equatable, Sendable {
  /// By `--theme`.
  package var forced: String? { didSet { resolve() } }
  /// In the picker, now or in an earlier session.
  package var picked: String? { didSet { resolve() } }
  package var configuration = Configuration() { didSet { resolve() } }
  /// Of the terminal; `nil` while it has not said.
  package var background: Theme.Appearance? { didSet { resolve() } }
  /// The one under the cursor of the picker.
  package var preview: String? { didSet { resolve() } }
  /// The person's own themes, by the name of their file; one of them may take the place of a built-in one.
  package var own: [String: Theme] = [:] { didSet { resolve() } }

  package private(set) var theme = Theme.builtIn
  /// The name of its file.
  package private(set) var name = "ember"

  package init() {}

  /// Every theme there is, built-in ones first.
  package var names: [String] {
    Theme.builtInNames + own.keys.filter { !Theme.builtInNames.contains($0) }.sorted()
  }

  package func theme(named name: String) -> Theme? { own[name] ?? Theme.builtIn(named: name) }

  private mutating func resolve() {
    let byBackground =
      background == .light
      ? [configuration.lightTheme, "paper"] : [configuration.darkTheme, "ember"]
    let wishes = [preview, forced, picked, configuration.theme] + byBackground
    for case let wish? in wishes {
      guard wish != name || own[wish] != nil else { return }
      if let found = theme(named: wish) {
        (name, theme) = (wish, found)
        return
      }
    }
  }
}

/// The list of themes; the one under the cursor is shown at once.
package struct ThemePicker: Equatable, Sendable {
  package var cursor: Int
}
