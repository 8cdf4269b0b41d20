import Testing

@testable import Terminal

struct ColorTests {
  @Test(
    arguments: [
      ("#ffb454", .rgb(255, 180, 84)), ("#FFB454", .rgb(255, 180, 84)), ("#fa0", .rgb(255, 170, 0)),
      ("red", .ansi(1)), ("bright-black", .ansi(8)), ("default", .default),
    ] as [(String, Color)])
  func `a colour is read`(text: String, color: Color) {
    #expect(Color(text) == color)
  }

  @Test(arguments: ["", "#", "#12345", "#gggggg", "#+12345", "#1234567", "pink", "bright-", "Red"])
  func `what is no colour is refused`(text: String) {
    #expect(Color(text) == nil)
  }

  @Test func `the nearest of 256 is the brute force nearest`() {
    // Every colour of the cube and every grey is its own nearest.
    for index in 0..<216 {
      let steps: [UInt8] = [0, 95, 135, 175, 215, 255]
      let color = (steps[index / 36], steps[index / 6 % 6], steps[index % 6])
      #expect(Color.nearestIn256(color.0, color.1, color.2) == 16 + index)
    }
    for step in 0..<24 {
      let level = UInt8(8 + 10 * step)
      #expect(Color.nearestIn256(level, level, level) == 232 + step)
    }
  }

  @Test func `the nearest of 16 keeps the hue`() {
    #expect(Color.nearestIn16(250, 20, 20) == 9)
    #expect(Color.nearestIn16(180, 10, 10) == 1)
    #expect(Color.nearestIn16(26, 22, 19) == 0)
    #expect(Color.nearestIn16(232, 220, 200) == 7)
    for (index, value) in Color.ansiValues.enumerated() {
      #expect(Color.nearestIn16(value.0, value.1, value.2) == index)
    }
  }

  @Test func `numbers are what each kind of terminal takes`() {
    #expect(Color.rgb(255, 180, 84).number(in: .truecolor) == 0xFFB454)
    #expect(Color.rgb(0, 0, 3).number(in: .truecolor) == 8)
    #expect(Color.ansi(3).number(in: .truecolor) == 3)
    #expect(Color.ansi(9).number(in: .truecolor) == 0xFF0000)
    #expect(Color.ansi(9).number(in: .palette256) == 9)
    #expect(Color.rgb(255, 255, 255).number(in: .palette16) == 15)
    for depth in ColorDepth.allCases { #expect(Color.default.number(in: depth) == -1) }
    #expect(Color.ansi(9).number(in: .monochrome) == -1)
  }

  @Test func `text stays readable where the palette has one colour for it and its background`() {
    let style = Style(foreground: .rgb(40, 30, 20), background: .rgb(26, 22, 19))
    let resolved = style.resolved(for: .palette16)
    #expect(resolved.background == 0)
    #expect(resolved.foreground == 15)
    let light = Style(foreground: .rgb(250, 250, 250), background: .rgb(255, 255, 255))
    #expect(light.resolved(for: .palette16).foreground == 0)
  }

  @Test func `eight colours show bright ones in bold and never text on itself`() {
    var bright = TerminalStyle(foreground: 11, background: 9, attributes: [])
    bright.reduceToEightColors()
    #expect(bright == TerminalStyle(foreground: 3, background: 1, attributes: .bold))
    var grey = TerminalStyle(foreground: 8, background: 0, attributes: [])
    grey.reduceToEightColors()
    #expect(grey == TerminalStyle(foreground: 7, background: 0, attributes: .dim))
    var same = TerminalStyle(foreground: 9, background: 1, attributes: [])
    same.reduceToEightColors()
    #expect(same.foreground != same.background)
  }

  @Test func `a style lies over another`() {
    let base = Style(foreground: .ansi(1), background: .ansi(2), attributes: .bold)
    let top = Style(foreground: .ansi(3), attributes: .underline)
    let both = Style(foreground: .ansi(3), background: .ansi(2), attributes: [.bold, .underline])
    #expect(top.over(base) == both)
    #expect(base.merging(top) == both)
  }
}

struct TerminalProfileTests {
  private static let entries = [
    "xterm": 8, "xterm-256color": 256, "xterm-direct": 1 << 24, "tmux-256color": 256,
    "tmux-direct": 1 << 24, "screen": 8, "screen-256color": 256, "linux": 8, "vt100": -1,
    "foot": 256, "foot-direct": 1 << 24, "kitty-direct": 1 << 24, "xterm-kitty": 256,
    "rxvt-88color": 88,
  ]

  private func detect(_ environment: [String: String]) throws -> TerminalProfile {
    try TerminalProfile.detect(environment: environment) { Self.entries[$0] }
  }

  @Test(
    arguments: [
      (["TERM": "xterm"], "xterm", .palette16),
      (["TERM": "xterm-256color"], "xterm-256color", .palette256),
      (["TERM": "xterm-direct"], "xterm-direct", .truecolor),
      (["TERM": "xterm-256color", "COLORTERM": "truecolor"], "xterm-direct", .truecolor),
      (["TERM": "xterm", "COLORTERM": "24bit"], "xterm-direct", .truecolor),
      (["TERM": "xterm-256color", "COLORTERM": "yes"], "xterm-256color", .palette256),
      (["TERM": "xterm-kitty", "COLORTERM": "truecolor"], "kitty-direct", .truecolor),
      (["TERM": "foot", "COLORTERM": "truecolor"], "foot-direct", .truecolor),
      (["TERM": "tmux-256color", "COLORTERM": "truecolor"], "tmux-direct", .truecolor),
      (
        ["TERM": "screen-256color", "COLORTERM": "truecolor", "TMUX": "x"], "tmux-direct",
        .truecolor
      ),
      (["TERM": "screen-256color", "COLORTERM": "truecolor"], "screen-256color", .palette256),
      (["TERM": "linux", "COLORTERM": "truecolor"], "linux", .palette16),
      (["TERM": "vt100", "COLORTERM": "truecolor"], "vt100", .monochrome),
      (["TERM": "rxvt-88color"], "rxvt-88color", .palette16),
      (["TERM": "xterm-256color", "NO_COLOR": "1"], "xterm-256color", .monochrome),
      (["TERM": "xterm-256color", "NO_COLOR": ""], "xterm-256color", .palette256),
      (
        ["TERM": "xterm-256color", "COLORTERM": "truecolor", "NO_COLOR": "0"], "xterm-256color",
        .monochrome
      ),
    ] as [([String: String], String, ColorDepth)])
  func `the environment decides the entry and the depth`(
    environment: [String: String], name: String, depth: ColorDepth
  ) throws {
    let profile = try detect(environment)
    #expect(profile.terminfoName == name)
    #expect(profile.depth == depth)
  }

  @Test func `without a direct entry on the system 256 colours are used`() throws {
    let profile = try TerminalProfile.detect(
      environment: ["TERM": "xterm-256color", "COLORTERM": "truecolor"]
    ) { $0 == "xterm-256color" ? 256 : nil }
    #expect(profile.depth == .palette256)
  }

  @Test(arguments: [
    ("xterm-ghostty", "xterm-256color", ColorDepth.palette256),
    ("wezterm", "xterm-256color", .palette256),
    ("foot-extra", "xterm-256color", .palette256), ("alacritty", "xterm-256color", .palette256),
    ("screen.linux", "screen-256color", .palette256), ("nonsense", "vt100", .monochrome),
    ("nonsense-256color", "xterm-256color", .palette256),
  ])
  func `an entry that the system has stands in for one that it lacks`(
    name: String, standIn: String, depth: ColorDepth
  ) throws {
    let profile = try detect(["TERM": name])
    #expect(profile.terminfoName == standIn)
    #expect(profile.depth == depth)
    #expect(profile.notice?.contains("TERM=\(name)") == true)
    #expect(try detect(["TERM": "xterm"]).notice == nil)
  }

  @Test func `a terminal with direct colour has it by the entry that stands in`() throws {
    let profile = try detect(["TERM": "xterm-ghostty", "COLORTERM": "truecolor"])
    #expect(profile.depth == .truecolor)
  }

  @Test func `a terminal that is not known is told by name`() {
    #expect(throws: TerminalError.unknownTerminalType("nonsense")) {
      try TerminalProfile.detect(environment: ["TERM": "nonsense"]) { _ in nil }
    }
    #expect(throws: TerminalError.noTerminalType) { try detect([:]) }
    #expect(throws: TerminalError.noTerminalType) { try detect(["TERM": ""]) }
    #expect(TerminalError.unknownTerminalType("a\u{1B}b").description.contains("TERM=a␛b,"))
  }
}
