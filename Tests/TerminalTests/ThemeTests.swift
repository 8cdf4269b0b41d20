import Foundation
import Testing
import Themes

@testable import Terminal

struct ThemeTests {
  private func parse(_ toml: String) -> (theme: Theme, problems: [ThemeProblem]) {
    Theme.parse(toml, file: "test.toml")
  }

  @Test func `a role can have a look and be the parent of others`() {
    let (theme, problems) = parse(
      """
      region = { fg = "#e8dcc8" }
      region.selected = { fg = "#ffd75f", bold = true }
      [region.selected.unfocused]
      bg = "black"
      [status]
      fg = "white"
      error = { fg = "red" }
      """)
    #expect(problems.isEmpty)
    #expect(theme.style("region") == Style(foreground: .rgb(0xE8, 0xDC, 0xC8)))
    #expect(
      theme.style("region.selected")
        == Style(foreground: .rgb(0xFF, 0xD7, 0x5F), attributes: .bold))
    #expect(theme.style("region.selected.unfocused") == Style(background: .ansi(0)))
    #expect(theme.style("status.error") == Style(foreground: .ansi(1)))
  }

  @Test func `dotted style keys add up`() {
    let (theme, problems) = parse("key.fg = \"red\"\nkey.bold = true\nkey.label.fg = \"blue\"")
    #expect(problems.isEmpty)
    #expect(theme.style("key") == Style(foreground: .ansi(1), attributes: .bold))
    #expect(theme.style("key.label") == Style(foreground: .ansi(4)))
  }

  @Test func `an attribute and a role can share a name`() {
    let (theme, problems) = parse(
      "text = { fg = \"white\", dim = true }\ntext.dim = { fg = \"red\" }")
    #expect(problems.isEmpty)
    #expect(theme.style("text") == Style(foreground: .ansi(7), attributes: .dim))
    #expect(theme.style("text.dim") == Style(foreground: .ansi(1)))
  }

  @Test func `a role that is left out looks like its parent`() {
    let theme = parse("text = { fg = \"white\", bg = \"black\" }\nregion = { fg = \"red\" }").theme
    #expect(theme.style("region.selected.label") == Style(foreground: .ansi(1)))
    #expect(theme.style("nothing.of.the.kind") == Style(foreground: .ansi(7)))
    #expect(theme.style("text.dim") == Style(foreground: .ansi(7)))
    #expect(theme.style("text") == Style(foreground: .ansi(7), background: .ansi(0)))
  }

  @Test func `a wrong line is told with its number and the rest counts`() {
    let (theme, problems) = parse(
      """
      name = "Test"
      # a comment
      region = { fg = "#ffd75" }
      title = { fg = "red"
      status = { fg = "green", blod = true, bold = 1 }
      regoin = { fg = "red" }
      colour = "red"
      key = { mono = "bold shiny" }
      text = { fg = "white" }
      """)
    #expect(theme.name == "Test")
    #expect(problems.map(\.line) == [3, 4, 5, 5, 6, 7, 8])
    #expect(problems.allSatisfy { $0.file == "test.toml" })
    #expect(
      problems[0].description
        == "test.toml:3: fg is “#ffd75”, expected #rrggbb, default, or one of black, red, green, "
        + "yellow, blue, magenta, cyan, white, with bright- before it or not")
    #expect(theme.style("text") == Style(foreground: .ansi(7)))
    #expect(theme.style("status") == Style(foreground: .ansi(2)))
  }

  @Test func `a heading that is wrong takes its section with it`() {
    let (theme, problems) = parse("[region\nfg = \"red\"\n[title]\nfg = \"blue\"")
    #expect(problems.map(\.line) == [1])
    #expect(Set(theme.styles.keys) == ["title"])
  }

  @Test(arguments: ["[!", "[ =]", "[[#a]]", "[.a]", "[\u{FFFD}a]", "\u{FEFF}[!", "[", "[]", "[[ ]"])
  func `a heading that begins with no key is told, and ends nothing`(_ heading: String) {
    let (_, problems) = Theme.parse("\(heading)\ntext = { bold = true }\n", file: "a.toml")
    #expect(problems.first?.line == 1)
    let settings = SettingsFile("\(heading)\na = 1\n", file: "a.toml")
    #expect(settings.problems.map(\.line) == [1] && settings.entries.isEmpty)
  }

  /// Each ended the process by an assertion of the parser of TOML.
  @Test(arguments: [
    "c.d.e = [[[}]]", "a = [}", "a = [1, }]", "a = [ \t}", "a = [\u{2028}]", "a = [1,\u{85}]",
    #"a = ["""x " y""", }]"#, "a = ['''x ' y''''', }]", #"a = ["\"", }]"#, "a = {b = [}]}",
    "a = [1979-05-27 0]", "a = {b = 1979-05-27 0}", "a = [1_979-05-27 0 ]", "a = 1979-05-27 0#",
    "a = 1979-05-27" + String(repeating: "_", count: 120) + " ",
  ])
  func `a value that the parser takes for granted is told, and ends nothing`(_ line: String) {
    let (_, problems) = Theme.parse("\(line)\ntitle = { bold = true }\n", file: "a.toml")
    #expect(problems.first?.line == 1)
    let settings = SettingsFile("\(line)\nb = 1\n", file: "a.toml")
    #expect(settings.problems.map(\.line) == [1] && settings.entries.count == 1)
  }

  @Test(arguments: [
    #"a = "} , [}""#, "a = '[1979-05-27 0]'", #"a = "é" # [} é"#, #"a = ["}", '}']"#,
    #"a = {b = "[", c = "}"}"#, #"a = ["""x""", "y"]"#, "\u{FEFF}a = 1", "a = ['[', '}']",
  ])
  func `signs within quotation marks and comments are a text's own`(_ line: String) {
    let said = SettingsFile(line, file: "a.toml").problems.map(\.message)
    #expect(!said.contains { $0.contains("found") || $0.contains("quotation") }, "\(said)")
  }

  @Test func `a key given twice is told`() {
    let (theme, problems) = parse("title = { fg = \"red\" }\ntitle = { fg = \"blue\" }")
    #expect(problems.map(\.line) == [2])
    #expect(theme.style("title") == Style(foreground: .ansi(1)))
  }

  @Test func `text of a theme file is never live in a message`() {
    let (_, problems) = parse("title = { fg = \"\\u001b[2J\" }")
    #expect(problems.count == 1)
    #expect(problems[0].message.contains("␛[2J"))
  }

  @Test func `nothing of a hostile file is too deep or too long`() {
    let (_, problems) = parse(
      String(repeating: "a.", count: 100_000) + "fg = \"red\"\nx = "
        + String(repeating: "[", count: 900) + "\r\ntitle = { fg = \"red\" }")
    #expect(problems.map(\.line) == [1, 2])
  }

  @Test func `a theme adapts to the colours there are`() {
    let theme = parse(
      "title = { fg = \"#ffb454\", italic = true, indexed = { fg = \"#ffaf5f\" }, ansi = { fg = \"yellow\", bold = true }, mono = \"reverse\" }"
    ).theme
    let full = Style(foreground: .rgb(0xFF, 0xB4, 0x54), attributes: .italic)
    #expect(theme.adapted(to: .truecolor).style("title") == full)
    #expect(
      theme.adapted(to: .palette256).style("title") == Style(foreground: .rgb(0xFF, 0xAF, 0x5F)))
    #expect(
      theme.adapted(to: .palette16).style("title")
        == Style(foreground: .ansi(3), attributes: .bold))
    #expect(theme.adapted(to: .monochrome).style("title") == Style(attributes: .reverse))
    #expect(theme.adapted(to: .monochrome).adapted(to: .truecolor) == theme)
  }
}
