import Foundation
import Terminal
import TestSupport
import Testing

@testable import Explorer

struct SessionLogTests {
  private static let actions: [Action] = [
    .key(.character("j")), .key(KeyPress(.enter)), .key(KeyPress(.left, .control)),
    .key(.character("<")), .key(.character(" ")), .paste("a\n\u{1B}[31mb", isTruncated: true),
    .mouse(MouseEvent(.press, button: .left, row: 3, column: 4)),
    .mouse(MouseEvent(.wheelDown, row: 0, column: 0)), .resize(columns: 120, rows: 40),
    .background(.light), .interrupt,
  ]

  private func text(_ actions: [Action]) -> String {
    let header = SessionLog.Header(paths: ["/d/x.epdict"], columns: 80, rows: 24)
    var lines = [SessionLog.line(header)]
    for (index, action) in actions.enumerated() {
      lines.append(SessionLog.line(action, at: .milliseconds(index), command: .moveDown))
    }
    return lines.compactMap { $0.map { "\($0)\n" } }.joined()
  }

  @Test func `every action of a person is read back as it was`() throws {
    let log = try SessionLog(text(Self.actions))
    #expect(log.steps.map(\.action) == Self.actions)
    #expect(log.steps.last?.time == .milliseconds(Self.actions.count - 1))
    #expect(log.header.paths == ["/d/x.epdict"])
  }

  @Test func `what playing brings forth again is not recorded`() {
    for action in [Action.start, .tick(.zero), .replied(1, .done), .closed] {
      #expect(SessionLog.line(action, at: .zero, command: nil) == nil)
    }
  }

  @Test func `a last line that was cut short is left out`() throws {
    let log = try SessionLog(String(text(Self.actions).dropLast(5)))
    #expect(log.steps.count == Self.actions.count - 1)
  }

  @Test(arguments: [
    ("", 1), ("nonsense\n", 1), ("{\"session\":2,\"paths\":[],\"columns\":80,\"rows\":24}\n", 1),
    ("{\"session\":1,\"paths\":[],\"columns\":99999,\"rows\":24}\n", 1),
    ("{\"session\":1,\"paths\":[],\"columns\":80,\"rows\":24}\n{\"us\":1}\n", 2),
    (
      "{\"session\":1,\"paths\":[],\"columns\":80,\"rows\":24}\n{\"us\":1,\"key\":\"Hyper-x\"}\n", 2
    ),
    ("{\"session\":1,\"paths\":[],\"columns\":80,\"rows\":24}\n{\"us\":-1,\"key\":\"x\"}\n", 2),
    ("{\"session\":1,\"paths\":[],\"columns\":80,\"rows\":24}\n{\"us\":1,\"size\":[0,9]}\n", 2),
  ])
  func `what is no session is told with its line`(_ text: String, _ line: Int) {
    #expect {
      try SessionLog(text)
    } throws: { ($0 as? SessionLog.ReadingError)?.line == line }
  }

  @Test func `a session that is played again ends on the same screen`() throws {
    let folder = try TemporaryFolder()
    try SampleDictionary.write(to: folder.file("sample.epdict"))
    let header = SessionLog.Header(
      paths: [folder.file("sample.epdict").path()], columns: 90, rows: 26)
    func performer(_ name: String) -> EffectPerformer {
      EffectPerformer(
        EffectPerformer.Options(notebook: folder.file(name), author: "tester", now: { .zero }))
    }
    let recorder = try SessionRecorder(folder: folder.file("sessions"), header: header)
    let first = BatchSession(Session(header), performer: performer("one.sqlite"))
    first.act(.start)
    for (index, key) in KeyPress.keys(in: "jjlcookery<Enter>/kitchen<Enter>rr*").enumerated() {
      first.act(.tick(.microseconds(1000 * index)))
      let action = Action.key(key)
      recorder.record(action, at: first.state.clock, command: first.state.command(of: action))
      first.act(action)
    }
    let text = try String(contentsOf: recorder.url, encoding: .utf8)
    #expect(text.contains("\"command\":\"random\""))
    let second = BatchSession(Session(header), performer: performer("two.sqlite"))
    second.play(try SessionLog(text))
    #expect(second.screen().text == first.screen().text)
    #expect(second.screen().text.contains("cookery") || second.state.regions?.ownLabelCount == 1)
  }

  @Test func `old recordings are removed, and others may not read them`() throws {
    let folder = try TemporaryFolder()
    let header = SessionLog.Header(paths: [], columns: 80, rows: 24)
    for day in 0..<55 {
      _ = try SessionRecorder(
        folder: folder.file("s"), header: header,
        date: Date(timeIntervalSince1970: Double(day) * 86_400))
    }
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.file("s").path())
    #expect(names.count == 50)
    let newest = folder.file("s").appending(path: try #require(names.max())).path()
    let mode = try FileManager.default.attributesOfItem(atPath: newest)[.posixPermissions] as? Int
    #expect(mode == 0o600)
  }
}
