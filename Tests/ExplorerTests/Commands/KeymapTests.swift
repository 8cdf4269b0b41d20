import Terminal
import Testing

@testable import Explorer

@Suite struct KeymapTests {
  @Test func `no key has two meanings in one layer, and every key can be read`() {
    #expect(Keymap.problems(in: Keymap.standardRows) == [])
  }

  @Test func `problems are told`() {
    let rows: [(layer: KeyLayer, command: Command, keys: String)] = [
      (.general, .help, "? Hyper-x"), (.general, .quit, "?"), (.lists, .quit, "?"),
    ]
    #expect(
      Keymap.problems(in: rows) == [
        "general: “Hyper-x” is no key", "general: ? means both help and quit",
      ])
  }

  @Test func `every command can be reached, by a key or from the palette`() {
    let unreachable = Command.allCases.filter {
      Keymap.standard.keys(for: $0).isEmpty && !$0.isInPalette
    }
    #expect(unreachable == [])
  }

  @Test(arguments: Command.allCases)
  func `every command says what it does, in a line`(_ command: Command) {
    #expect(!command.help.isEmpty && command.help.count <= 56)
    #expect(!command.title.isEmpty && !command.short.isEmpty)
    #expect(!command.help.hasSuffix("."))
  }

  @Test func `names of commands are distinct`() {
    #expect(Set(Command.allCases.map(\.title)).count == Command.allCases.count)
  }

  @Test(arguments: [
    ("Ctrl-d", "^D"), ("Down", "↓"), ("PageDown", "PgDn"), ("G", "G"), ("Esc", "Esc"),
    ("Alt-b", "Alt-b"), ("Space", "Space"), ("F1", "F1"), ("Ctrl-Left", "^←"),
  ])
  func `keys are shown as people write them`(_ notation: String, _ label: String) {
    #expect(KeyPress(parsing: notation)?.label == label)
  }

  @Test func `a nearer layer takes a key from a farther one`() {
    let layers: [KeyLayer] = [.contexts, .regions, .lists, .general]
    let enter = KeyPress(.enter)
    #expect(Keymap.standard.command(for: enter, in: layers) == .openDocument)
    #expect(Keymap.standard.keys(for: .readContexts, in: layers) == [])
    #expect(Keymap.standard.keys(for: .readContexts, in: [.regions]) == [enter])
  }
}
