import Experiments
import Storage
import Terminal
import Testing

@testable import Explorer

@Suite struct MapTests {
  /// Six exemplars in a row, the first at the left, and one above them.
  private func mapped(_ explorer: ScriptedExplorer) throws -> Session {
    var state = explorer.state
    let effects = state.update(.run(.openMap))
    let effect = try #require(
      effects.first { effect in
        if case .map = effect.work.screenWork(ExtraWork.self) { true } else { false }
      })
    let points = (0..<6).map { SIMD3<Float>(Float($0), $0 == 5 ? 4 : 0, 0) }
    _ = state.update(
      .replied(
        effect.id,
        ExtraWork.reply(.map(ExemplarMap(points: points, explained: [0.5, 0.25, 0.1])))))
    return state
  }

  private func text(_ state: Session) -> String {
    var screen = Terminal.Screen(columns: state.columns, rows: state.rows)
    view(state, theme: .builtIn, into: &screen)
    return screen.text
  }

  @Test func `the map says that it is being made, and then shows every exemplar`() throws {
    let explorer = try ScriptedExplorer()
    var state = explorer.state
    _ = state.update(.run(.openMap))
    #expect(text(state).contains("finding the directions"))
    explorer.type("m")
    #expect(explorer.text.contains("Map"))
    #expect(explorer.text.contains("◉ region 0"))
    #expect(explorer.text.contains("of the variance"))
    explorer.type("<Esc>")
    #expect(explorer.state.regions?.page == nil)
  }

  @Test func `arrows select the nearest region that way, and Enter goes there`() throws {
    var state = try mapped(ScriptedExplorer())
    for _ in 0..<2 { _ = state.update(.key(KeyPress(.right))) }
    #expect(state.regions?.selected == 2)
    _ = state.update(.key(KeyPress(.left)))
    #expect(state.regions?.selected == 1)
    _ = state.update(.key(KeyPress(.up)))
    #expect(state.regions?.selected == 5)
    _ = state.update(.key(KeyPress(.up)))
    #expect(state.regions?.selected == 5)
    #expect(state.message?.text == "no region lies that way")
    _ = state.update(.key(KeyPress(.enter)))
    #expect(state.regions?.page == nil)
    #expect(state.regions?.selected == 5)
  }

  @Test func `zooming keeps the selected region in sight`() throws {
    var state = try mapped(ScriptedExplorer())
    for key in ["l", "+", "+", "+", "+"] as [Character] { _ = state.update(.key(.character(key))) }
    #expect(text(state).contains("◉ region 1"))
    #expect(text(state).components(separatedBy: "◉").count == 3)
    #expect(text(state).contains("16×"))
    _ = state.update(.key(.character("0")))
    #expect(state.regions?.page == .map(MapState()))
  }

  @Test func `digits tell what colours tell, and a filter dims the rest`() throws {
    var state = try mapped(ScriptedExplorer())
    _ = state.update(.key(.character("v")))
    let digits = text(state)
    #expect(digits.contains("5") && digits.contains("1"))
    for key in "fmembers > 100" { _ = state.update(.key(.character(key))) }
    #expect(text(state).contains("2 of 6 lit"))
    _ = state.update(.key(KeyPress(.enter)))
    #expect(state.layers.first == .map)
    #expect(text(state).contains("·"))
  }

  @Test func `a click selects the nearest region`() throws {
    var state = try mapped(ScriptedExplorer())
    _ = state.update(
      .mouse(MouseEvent(.press, button: .left, row: state.rows - 6, column: state.columns - 20)))
    #expect([4, 5].contains(state.regions?.selected))
  }

  @Test(arguments: [(60, 16), (80, 24), (200, 60)])
  func `the map and the metrics fit, also with one region or none`(
    _ columns: Int, _ rows: Int
  ) throws {
    for count in [0, 1, 6] {
      let explorer = try ScriptedExplorer(columns: columns, rows: rows, regions: count)
      for keys in ["m", "vcp+-0", "<Esc>%", "jG<Esc>"] {
        explorer.type(keys)
        let lines = explorer.text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count == rows)
      }
    }
  }

  @Test func `the sphere shows longitude and latitude`() {
    let points = [SIMD3<Float>(1, 0, 0), SIMD3<Float>(0, 2, 0), SIMD3<Float>(0, 0, 3)]
    let map = ExemplarMap(points: points, explained: .zero)
    var state = MapState()
    state.projection = .sphere
    let projection = MapProjection(map, state, dots: SIMD2(100, 100))
    let places = points.map(projection.place)
    // Longitude 0 and 90°, and the pole above both.
    #expect(places[0].x < places[1].x && abs(places[0].y - places[1].y) < 1e-9)
    #expect(places[2].y < places[0].y)
  }

  @Test func `metrics say how to read them, beside their plots`() throws {
    let explorer = try ScriptedExplorer(columns: 200, rows: 60)
    explorer.type("%")
    #expect(explorer.text.contains("inequality of region sizes"))
    #expect(explorer.text.contains("Sizes: how many regions have so many members"))
    #expect(explorer.text.contains("1,024–2,047"))
    #expect(explorer.text.contains("Growth: regions founded"))
    #expect(explorer.text.contains("not recorded"))
  }

  @Test func `a failure is told on the page`() throws {
    let explorer = try ScriptedExplorer()
    explorer.failure = { work in
      switch work.screenWork(ExtraWork.self) {
      case .map, .metrics: "the disk is gone"
      default: nil
      }
    }
    explorer.type("m")
    #expect(explorer.text.contains("✗ the disk is gone"))
    explorer.type("<Esc>%")
    #expect(explorer.text.contains("✗ the disk is gone"))
  }
}
