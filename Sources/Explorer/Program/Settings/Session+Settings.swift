import Terminal

extension Session {
  /// How often the files of settings are looked at.
  private static let settingsInterval = Duration.seconds(1)

  /// Looks whether a file of settings was saved.
  mutating func pollSettings() -> [Effect] {
    guard settings.awaited == nil, clock - settings.lastPoll >= Self.settingsInterval else {
      return []
    }
    return readSettings()
  }

  mutating func readSettings() -> [Effect] {
    let effect = ask(.readSettings(known: settings.stamps))
    settings.awaited = effect.id
    settings.lastPoll = clock
    return [effect]
  }

  /// Takes in what the files say; where one is wrong, what it said before stays.
  mutating func take(_ reading: SettingsReading) -> [Effect] {
    let isFirst = settings.stamps == nil
    settings.awaited = nil
    settings.stamps = reading.stamps
    settings.wrongThemes = reading.wrongThemes
    if let keymap = reading.keymap { self.keymap = keymap }
    var own = reading.themes
    for name in reading.wrongThemes { own[name] = themes.own[name] }
    themes.own = own
    var effects: [Effect] = []
    if let configuration = reading.configuration {
      if let isOn = configuration.isMouseOn, isOn != themes.configuration.isMouseOn,
        isOn != isMouseOn
      {
        isMouseOn = isOn
        effects.append(ask(.setMouse(isOn)))
      }
      themes.configuration = configuration
    }
    tell(reading.problems.map { "\($0)" } + unknownThemes(), isFirst: isFirst)
    return effects
  }

  private mutating func tell(_ problems: [String], isFirst: Bool) {
    // The first is what the status line has room for; the log has all.
    for problem in problems.reversed() { say(.error, problem) }
    if problems.count > 1, let first = problems.first {
      let more = "\(first) (and \(problems.count - 1) more in the log)"
      message = Message(.error, sanitized(more), time: clock)
    }
    if problems.isEmpty, !isFirst { say(.success, "settings read again") }
  }

  /// Themes that are asked for and not there.
  private func unknownThemes() -> [String] {
    let wishes = [
      (themes.forced, "--theme"), (themes.configuration.theme, "config.toml: theme"),
      (themes.configuration.darkTheme, "config.toml: dark-theme"),
      (themes.configuration.lightTheme, "config.toml: light-theme"),
    ]
    return wishes.compactMap { name, place in
      guard let name, themes.theme(named: name) == nil, !settings.wrongThemes.contains(name) else {
        return nil
      }
      let known = themes.names.joined(separator: ", ")
      return "\(place): no theme is called “\(name)”; there are \(known)"
    }
  }
}

/// What is known of the files of settings.
package struct SettingsState: Equatable, Sendable {
  /// Of the last reading; `nil` before the first.
  package var stamps: [String: SettingsReading.Stamp]?
  package var wrongThemes: Set<String> = []
  package var awaited: EffectID?
  package var lastPoll = Duration.zero
}
