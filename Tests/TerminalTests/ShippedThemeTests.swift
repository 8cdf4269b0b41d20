import Foundation
import Testing
import Themes

@testable import Terminal

struct ShippedThemeTests {
  private static func theme(_ name: String) throws -> Theme {
    try #require(Theme.builtIn(named: name))
  }

  @Test(arguments: EmbeddedThemes.files.map(\.name))
  func `each loads cleanly and covers every role`(name: String) throws {
    let text = try #require(EmbeddedThemes.files.first { $0.name == name }?.text)
    let (theme, problems) = Theme.parse(text, file: "\(name).toml")
    #expect(problems == [])
    for role in Theme.roles { #expect(theme.styles[role] != nil, "\(role)") }
    #expect(Set(theme.styles.keys).isSubset(of: Theme.roles))
  }

  @Test func `there are two light ones, and the first is the one without a choice`() throws {
    let themes = try Theme.builtInNames.map(Self.theme)
    #expect(themes.count == 6)
    #expect(themes.count { $0.appearance == .light } == 2)
    #expect(themes[0] == Theme.builtIn)
    #expect(Set(themes.map(\.name)).count == 6)
  }

  private static let families: [[String]] = [
    ["heat.1", "heat.2", "heat.3", "heat.4", "heat.5", "heat.outside", "token.active"],
    ["region", "region.selected", "region.selected.unfocused"],
    ["status", "status.error", "status.success"],
    ["border", "border.focused"],
    ["map.1", "map.2", "map.3", "map.4", "map.5"],
    ["header", "header.sorted"],
    ["input", "input.cursor"],
  ]

  @Test(arguments: ColorDepth.allCases, Theme.builtInNames)
  func `what must be told apart can be at every depth`(depth: ColorDepth, name: String) throws {
    let adapted = try Self.theme(name).adapted(to: depth)
    // Without colour, border weight, the sort arrow and digits tell these apart.
    let told =
      depth == .monochrome
      ? Self.families.filter { !["header", "map.1"].contains($0[0]) } : Self.families
    for family in told {
      let styles = family.map {
        adapted.style($0).over(adapted.style("text")).resolved(for: depth)
      }
      #expect(Set(styles).count == family.count, "\(family) at \(depth)")
    }
  }

  @Test(arguments: Theme.builtInNames)
  func `eight colours and bold are enough to tell them apart`(name: String) throws {
    // A console that shows colours may have no underline, dim or italic beside them.
    let adapted = try Self.theme(name).adapted(to: .palette16)
    for family in Self.families {
      let styles = family.map { role in
        var style = adapted.style(role).over(adapted.style("text")).resolved(for: .palette16)
        style.reduceToEightColors()
        style.attributes.formIntersection([.bold, .reverse])
        return style
      }
      #expect(Set(styles).count == family.count, "\(family)")
    }
  }

  /// The least contrast of text; the sixteen colours are the terminal's own, and their usual values tell only so much.
  private static func leastContrast(_ name: String) -> Double {
    ["contrast": 7, "console": 3.4][name] ?? 4.5
  }

  @Test(arguments: Theme.builtInNames)
  func `its text can be read on its backgrounds`(name: String) throws {
    let theme = try Self.theme(name)
    for role in Theme.roles {
      let style = theme.style(role).over(theme.style("text"))
      let ratio = contrast(style.foreground, style.background)
      let isOrnament = ["border", "bar", "bar.dim"].contains(role)
      #expect(ratio >= (isOrnament ? 2.2 : Self.leastContrast(name)), "\(role): \(ratio)")
    }
  }

  /// What is between 0.6 θ and θ from the exemplar is warm too. Sixteen colours have no shades: there the letters tell.
  @Test(arguments: Theme.builtInNames.filter { $0 != "console" })
  func `warmth up to the rim can be told from the background`(name: String) throws {
    let theme = try Self.theme(name)
    let background = theme.style("text").background
    var least = 1.33
    // From the rim inwards each is warmer.
    for role in ["heat.5", "heat.4", "heat.3", "heat.2", "heat.1"] {
      let ratio = contrast(theme.style(role).background, background)
      #expect(ratio >= least, "\(role): \(ratio)")
      least = ratio * 1.03
    }
  }

  @Test(arguments: Theme.builtInNames)
  func `a bar's height says as much without colours`(name: String) throws {
    let theme = try Self.theme(name)
    let plain = theme.adapted(to: .monochrome)
    for step in 1...5 {
      let role = "heat.\(step)"
      let attributes = plain.style(role + Theme.gauge).attributes
      #expect(attributes.isDisjoint(with: [.reverse, .underline]), "\(role)")
      // With colours it looks as the rest of its step does.
      #expect(theme.style(role + Theme.gauge) == theme.style(role))
    }
  }

  @Test(arguments: Theme.builtInNames)
  func `text of any role can be read on a selected row`(name: String) throws {
    let theme = try Self.theme(name)
    let row = theme.style("region.selected")
    for role in ["region", "region.label", "number", "text.strong", "match"] {
      let style = theme.style(role).over(row)
      #expect(contrast(style.foreground, style.background) >= 4.5, "\(role)")
    }
  }

  /// The contrast ratio of WCAG 2.
  private func contrast(_ first: Color?, _ second: Color?) -> Double {
    let values = [first, second].map(luminance).sorted()
    return (values[1] + 0.05) / (values[0] + 0.05)
  }

  private func luminance(_ color: Color?) -> Double {
    let (red, green, blue): (UInt8, UInt8, UInt8)
    switch color {
    case .rgb(let r, let g, let b): (red, green, blue) = (r, g, b)
    case .ansi(let index): (red, green, blue) = Color.ansiValues[Int(index)]
    case .default, nil: return 0
    }
    let linear = [red, green, blue].map { value -> Double in
      let value = Double(value) / 255
      return value <= 0.03928 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
    }
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
  }
}
