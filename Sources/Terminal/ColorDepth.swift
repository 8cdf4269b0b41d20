/// How many colours a terminal shows.
package enum ColorDepth: String, Hashable, Sendable, CaseIterable {
  case truecolor, palette256, palette16, monochrome

  /// Whether the user asked for no colour: `NO_COLOR` is set to anything but the empty string.
  package static func isRefused(in environment: [String: String]) -> Bool {
    environment["NO_COLOR"].map { !$0.isEmpty } ?? false
  }
}

/// The terminfo entry to drive the terminal with, and the colours it gives.
///
/// ncurses knows a terminal by its entry alone, and the entries most terminals name (`xterm-256color`)
/// have no 24-bit colour. Where `COLORTERM` says that the terminal has it, a sibling entry with direct
/// colour is used if the system has one.
package struct TerminalProfile: Equatable, Sendable {
  package var terminfoName: String
  package var depth: ColorDepth
  /// Colours of the entry, `0` when it has none.
  package var colorCount: Int
  /// What `TERM` says, where the system has no entry of that name and another stands in.
  package var missingName: String?

  package init(
    terminfoName: String, depth: ColorDepth, colorCount: Int, missingName: String? = nil
  ) {
    self.terminfoName = terminfoName
    self.depth = depth
    self.colorCount = colorCount
    self.missingName = missingName
  }

  /// What a person should know of the entry; `nil` for the one that `TERM` names.
  package var notice: String? {
    missingName.map {
      "no terminfo entry for TERM=\(sanitized($0)): the terminal is driven as \(terminfoName)"
    }
  }

  private static let directColorCount = 1 << 24

  /// Chooses the entry and depth.
  ///
  /// - Parameters:
  ///   - environment: `TERM`, `COLORTERM`, `NO_COLOR` and `TMUX` are read.
  ///   - colors: the number of colours in a terminfo entry (zero or less: none), `nil` when the system
  ///     has no such entry.
  /// Where the system lacks the terminal's own entry (a new terminal, an SSH host without it), one that it
  /// has stands in, and the profile says so.
  ///
  /// - Throws: `TerminalError.noTerminalType`, or `.unknownTerminalType` where no entry can stand in.
  package static func detect(
    environment: [String: String], colors: (String) -> Int?
  ) throws -> TerminalProfile {
    guard let name = environment["TERM"], !name.isEmpty else { throw TerminalError.noTerminalType }
    guard colors(name) != nil else {
      for standIn in standIns(for: name, environment) where colors(standIn) != nil {
        var environment = environment
        environment["TERM"] = standIn
        var profile = try detect(environment: environment, colors: colors)
        profile.missingName = name
        return profile
      }
      throw TerminalError.unknownTerminalType(name)
    }
    let count = colors(name) ?? 0
    let plain = TerminalProfile(
      terminfoName: name, depth: depth(colors: count), colorCount: max(0, count))
    if ColorDepth.isRefused(in: environment) {
      return TerminalProfile(
        terminfoName: name, depth: .monochrome, colorCount: plain.colorCount)
    }
    guard plain.depth != .truecolor, claimsDirectColor(environment) else { return plain }
    for candidate in directEntries(for: name, isInsideTmux: environment["TMUX"]?.isEmpty == false) {
      if let count = colors(candidate), count >= directColorCount {
        return TerminalProfile(terminfoName: candidate, depth: .truecolor, colorCount: count)
      }
    }
    return plain
  }

  /// Entries that can stand in for `name`, best first. Terminals of today do what xterm does; of a name that
  /// says nothing, only what all of them do is asked.
  private static func standIns(for name: String, _ environment: [String: String]) -> [String] {
    let basic = ["vt100", "ansi"]
    if name.hasPrefix("tmux") || name.hasPrefix("screen") {
      return ["screen-256color", "screen"] + basic
    }
    let families = [
      "alacritty", "contour", "foot", "ghostty", "gnome", "iterm", "kitty", "konsole", "mintty",
      "mlterm",
      "ms-terminal", "nsterm", "putty", "rio", "rxvt", "st", "vscode", "vte", "warp", "wezterm",
      "xterm",
    ]
    let pieces = name.lowercased().split { !$0.isLetter && !$0.isNumber }.map(String.init)
    let isOfToday =
      pieces.contains { piece in
        families.contains { piece == $0 || $0.count > 2 && piece.hasPrefix($0) }
      } || name.contains("256color") || name.contains("direct") || claimsDirectColor(environment)
    return (isOfToday ? ["xterm-256color", "xterm"] : []) + basic
  }

  /// `COLORTERM` outlives the terminal that set it (over `su`, `screen`, a serial line), so it counts
  /// only beside a `TERM` whose siblings have direct colour.
  private static func claimsDirectColor(_ environment: [String: String]) -> Bool {
    ["truecolor", "24bit"].contains(environment["COLORTERM"]?.lowercased())
  }

  private static func depth(colors: Int) -> ColorDepth {
    switch colors {
    case directColorCount...: .truecolor
    case 256...: .palette256
    case 8...: .palette16
    default: .monochrome
    }
  }

  /// Entries to try, best first. Entries that write `38;2;r;g;b` come before `xterm-direct`, whose
  /// colons some terminals do not read.
  private static func directEntries(for name: String, isInsideTmux: Bool) -> [String] {
    if isInsideTmux || name.hasPrefix("tmux") { return ["tmux-direct"] }
    let family = name.split(separator: "-", maxSplits: 1).first.map(String.init) ?? name
    switch family {
    case "xterm":
      let variant = name.dropFirst("xterm-".count)
      return ["\(variant)-direct", "alacritty-direct", "vte-direct", "xterm-direct"]
    case "screen", "linux", "dumb": return []
    default: return ["\(family)-direct"]
    }
  }
}
