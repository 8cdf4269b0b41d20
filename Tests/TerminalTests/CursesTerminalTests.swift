import Foundation
import Testing

@testable import Terminal

@MainActor struct CursesTerminalTests {
  /// Under a test runner standard input is hardly ever a terminal; where it is, there is nothing to test.
  @Test(.enabled(if: isatty(STDIN_FILENO) == 0))
  func `without a terminal there is a clear error and nothing has changed`() {
    #expect(throws: TerminalError.notATerminal(stream: "standard input")) { try CursesTerminal() }
    #expect(!CursesTerminal.isInUse)
    #expect(
      TerminalError.notATerminal(stream: "standard input").description
        == "the explorer needs a terminal, but standard input is not one")
  }

  @Test func `output goes to the log while the screen is up and back after it`() throws {
    let pipe = try WakePipe()
    pipe.signal(1)
    pipe.signal(2)
    #expect(pipe.drain() == [1, 2])
    #expect(pipe.drain().isEmpty)
  }
}
