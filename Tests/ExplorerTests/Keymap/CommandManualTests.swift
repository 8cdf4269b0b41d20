import Terminal
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
