import Testing

@testable import Terminal

struct ClipboardTests {
  private func sequence(_ text: String, _ environment: [String: String] = [:]) -> String {
    String(decoding: Clipboard.sequence(for: text, environment: environment), as: UTF8.self)
  }

  @Test func `a copy is an OSC 52 request in base 64`() {
    #expect(sequence("héllo") == "\u{1B}]52;c;aMOpbGxv\u{07}")
  }

  @Test func `inside tmux it goes both to tmux and through it`() {
    #expect(
      sequence("a", ["TMUX": "/run/tmux"])
        == "\u{1B}]52;c;YQ==\u{07}\u{1B}Ptmux;\u{1B}\u{1B}]52;c;YQ==\u{07}\u{1B}\\")
  }

  @Test func `inside screen it goes in pieces that join to the request`() {
    let text = String(repeating: "refusal ", count: 100)
    let bytes = sequence(text, ["STY": "1.pts"])
    let pieces = bytes.split(separator: "\u{1B}\\")
    #expect(pieces.count > 1)
    #expect(pieces.allSatisfy { $0.hasPrefix("\u{1B}P") && $0.utf8.count <= 258 })
    #expect(pieces.map { $0.dropFirst(2) }.joined() == sequence(text))
  }

  @Test(arguments: ["linux", "vt100", "vt220", "dumb"])
  func `terminals without a clipboard are not asked`(terminal: String) {
    #expect(!Clipboard.isSupported(by: terminal))
  }

  @Test(arguments: ["xterm-256color", "tmux-256color", "screen", "vte-256color", "foot"])
  func `others are`(terminal: String) {
    #expect(Clipboard.isSupported(by: terminal))
  }
}
