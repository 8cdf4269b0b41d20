import Terminal
import TestSupport
import Testing

@testable import Explorer

struct CommandManualTests {
  @Test(arguments: Command.allCases)
  func `every command is in the manual, the help, and the palette or a field`(_ command: Command) {
    let name = CommandManual.escaped(command.rawValue)
    #expect(CommandManual.roff().contains("\n.B \(name)\n"))
    let help = HelpLine.lines(keymap: .standard, search: "").contains { line in
      if case .entry(command, _) = line { true } else { false }
    }
    #expect(help)
    let isBound = !Keymap.standard.keys(for: command).isEmpty
    #expect(command.isInPalette || isBound)
  }

  @Test func `every command that the palette may offer is offered on some screen`() throws {
    let folder = try TemporaryFolder()
    for name in ["a", "b", "c"] {
      try SampleDictionary.write(to: folder.file("\(name).epdict"))
    }
    let library = try ScriptedExplorer(folder: folder, paths: [""])
    var offered: Set<Command> = []
    func look(_ explorer: ScriptedExplorer) {
      explorer.type(":")
      offered.formUnion(
        explorer.state.paletteEntries.compactMap { entry in
          if case .command(let command, _) = entry { command } else { nil }
        })
      explorer.type("<Esc>")
    }
    look(library)
    library.type("cjc")
    look(library)
    let lineage = try ScriptedExplorer(folder: folder, paths: [""])
    lineage.type("<Space><Space><Space>c")
    #expect(lineage.state.screen == .lineage)
    look(lineage)
    let trace = try TraceExplorer.make()
    trace.type("phow<Enter>")
    look(trace)
    let regions = try ScriptedExplorer()
    look(regions)
    // A page, the lab, the results, the playground: each from the table.
    for keys in ["m", "%", "<Enter><Enter>", "/how<Enter>v", "a", "R", "P<Tab>"] {
      let explorer = try ScriptedExplorer()
      explorer.type(keys)
      look(explorer)
    }
    #expect(Command.allCases.filter { $0.isInPalette && !offered.contains($0) } == [])
  }

  @Test(arguments: Command.allCases)
  func `every command can be given a key of one's own`(_ command: Command) throws {
    let layer = Keymap.standard.bindings.first { $0.command == command }?.layer ?? .regions
    let text = "[\(layer.name)]\n\(command.rawValue) = \"F9\"\n"
    let (keymap, problems) = Keymap.reading(text, file: "keymap.toml")
    #expect(problems.isEmpty)
    #expect(keymap?.command(for: try #require(KeyPress(parsing: "F9")), in: [layer]) == command)
  }

  @Test func `what roff would obey is printed`() {
    #expect(CommandManual.escaped(".SH a\\b -c") == "\\&.SH a\\eb \\-c")
    #expect(CommandManual.escaped("'x") == "\\&'x")
  }

  @Test func `no line of the manual is a request of its own`() {
    let requests = [".SH", ".SS", ".TP", ".B"]
    for line in CommandManual.roff().split(separator: "\n") where line.hasPrefix(".") {
      #expect(requests.contains(String(line.prefix { $0 != " " })))
    }
  }
}
