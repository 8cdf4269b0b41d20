import Foundation
import Terminal
import Testing

@testable import Explorer

/// Every screen in every state, at three sizes and in four depths of colour: what must be so whatever is shown.
@Suite struct ScreenMatrixTests {
  static let sizes = [(80, 24), (120, 36), (200, 60)]

  @Test(arguments: Scene.all)
  func `each screen says what it is, and the keys that work on it`(_ scene: Scene) throws {
    let explorer = try scene.make()
    for (columns, rows) in Self.sizes {
      explorer.act(.resize(columns: columns, rows: rows))
      let screens = ColorDepth.allCases.map { depth in
        var screen = Terminal.Screen(columns: columns, rows: rows)
        view(explorer.state, theme: Theme.builtIn.adapted(to: depth), into: &screen)
        check(screen, depth, "\(scene) at \(columns)×\(rows), \(depth)")
        return screen
      }
      let (place, text) = ("\(scene) at \(columns)×\(rows)", screens[0].text)
      check(screens[0], place)
      // Colours never decide what is said.
      #expect(screens.allSatisfy { $0.text == text }, "\(place) says less in some colours")
      for sentence in scene.sentences where !text.contains(sentence) {
        Issue.record("\(place) does not say “\(sentence)”:\n\(text)")
      }
    }
  }

  /// Nothing sticks out, nothing is alive, and the lines of the frame are there.
  private func check(_ screen: Terminal.Screen, _ place: String) {
    for row in 0..<screen.rows {
      var column = 0
      while column < screen.columns {
        let cell = screen[row, column]
        if cell.glyph.utf8.count == 1,
          cell.glyph.utf8.first.map({ $0 >= 0x20 && $0 < 0x7F }) == true
        {
          column += 1
          continue
        }
        let isControl = cell.glyph.unicodeScalars.contains {
          $0.properties.generalCategory == .control
        }
        if cell.width == 0 || isControl || DisplayWidth.of(cell.glyph) != cell.width {
          Issue.record(
            "\(place): row \(row), column \(column) holds \(cell.glyph.debugDescription)")
          return
        }
        column += cell.width
      }
      if column != screen.columns { Issue.record("\(place): row \(row) is \(column) wide") }
    }
    #expect(!screen.text(row: 0).isEmpty, "\(place): no first line")
    #expect(!screen.text(row: screen.rows - 2).isEmpty, "\(place): no status")
    let keys = screen.text(row: screen.rows - 1)
    #expect(!keys.isEmpty, "\(place): no keys")
    #expect(!keys.contains("…"), "\(place): keys are cut")
  }

  /// No colour that the depth does not have.
  private func check(_ screen: Terminal.Screen, _ depth: ColorDepth, _ place: String) {
    let styles = Set((0..<screen.rows).flatMap { screen.runs(row: $0).map(\.style) })
    for color in styles.flatMap({ [$0.foreground, $0.background] }).compactMap(\.self) {
      switch (depth, color) {
      case (_, .default), (.truecolor, _), (.palette256, _), (.palette16, .ansi): break
      default: Issue.record("\(place): the colour \(color)")
      }
    }
  }
}

/// A state that the explorer can be in, and what it must say there.
struct Scene: Sendable, CustomStringConvertible, CustomTestStringConvertible {
  var name: String
  var sentences: [String]
  var make: @Sendable () throws -> ScriptedExplorer

  var description: String { name }
  var testDescription: String { name }

  init(
    _ name: String, _ sentences: String..., make: @escaping @Sendable () throws -> ScriptedExplorer
  ) {
    (self.name, self.sentences, self.make) = (name, sentences, make)
  }

  /// On the sample dictionary, with keys typed.
  init(_ name: String, keys: String, _ sentences: String...) {
    self.name = name
    self.sentences = sentences
    make = {
      let explorer = try ScriptedExplorer()
      explorer.type(keys)
      return explorer
    }
  }

  static let all = library + regions + detail + pages + overlays + compare + lab
}
