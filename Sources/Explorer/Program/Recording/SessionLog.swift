import Foundation
import Terminal

/// A recorded session: what was done, a line of JSON each, so that it can be played again.
///
/// The first line says what was opened and on what screen; the others have `us`, microseconds since the session began, and
/// one of `key`, `paste`, `mouse`, `size`, `background` or `interrupt`. `command` beside a key is for readers.
package struct SessionLog: Equatable, Sendable {
  package struct Header: Codable, Equatable, Sendable {
    /// The version of this form.
    package var session = 1
    package var paths: [String]
    package var columns: Int
    package var rows: Int
    package var theme: String?
    package var region: Int?

    package init(
      paths: [String], columns: Int, rows: Int, theme: String? = nil, region: Int? = nil
    ) {
      (self.paths, self.columns, self.rows) = (paths, columns, rows)
      (self.theme, self.region) = (theme, region)
    }
  }

  package struct Step: Equatable, Sendable {
    package var time: Duration
    package var action: Action

    package init(time: Duration, action: Action) {
      (self.time, self.action) = (time, action)
    }
  }

  package var header: Header
  package var steps: [Step]

  /// Something wrong with a recorded session.
  package struct ReadingError: Error, Equatable, CustomStringConvertible {
    package var line: Int
    package var message: String
    package var description: String { "line \(line): \(message)" }
  }

  /// No session is longer than a person can type; a larger file must be something else.
  private static let stepLimit = 1_000_000

  /// Reads a recording. A last line that was cut short is left out: the session ended there.
  package init(_ text: String) throws {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    if lines.last?.isEmpty == true { lines.removeLast() } else { _ = lines.popLast() }
    guard let first = lines.first else {
      throw ReadingError(line: 1, message: "no session is recorded here")
    }
    let decoder = JSONDecoder()
    guard let header = try? decoder.decode(Header.self, from: Data(first.utf8)) else {
      throw ReadingError(
        line: 1, message: "expected what was opened: {\"session\":1,\"paths\":[…],\"columns\":…}")
    }
    guard header.session == 1 else {
      throw ReadingError(
        line: 1, message: "a session of version \(header.session); this program reads version 1")
    }
    guard (1...2000).contains(header.columns), (1...2000).contains(header.rows) else {
      throw ReadingError(
        line: 1, message: "a screen of \(header.columns)×\(header.rows); expected 1 to 2000")
    }
    guard lines.count <= Self.stepLimit else {
      throw ReadingError(line: Self.stepLimit, message: "longer than any session")
    }
    self.header = header
    steps = []
    for (index, line) in lines.enumerated().dropFirst() {
      guard let step = try? decoder.decode(Line.self, from: Data(line.utf8)),
        let action = step.action, step.us >= 0
      else { throw ReadingError(line: index + 1, message: "no action that is known") }
      steps.append(Step(time: .microseconds(step.us), action: action))
    }
  }

  /// The line of an action, without its end; `nil` for what is not recorded, because playing brings it forth again.
  package static func line(_ action: Action, at time: Duration, command: Command?) -> String? {
    guard var line = Line(action) else { return nil }
    line.us = time.wholeMicroseconds
    line.command = command?.rawValue
    return encoded(line)
  }

  package static func line(_ header: Header) -> String? { encoded(header) }

  private static func encoded(_ value: some Encodable) -> String? {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return (try? encoder.encode(value)).map { String(decoding: $0, as: UTF8.self) }
  }
}

/// One line, as it is written.
private struct Line: Codable {
  struct Mouse: Codable {
    var kind: String
    var button: String
    var row: Int
    var column: Int
  }

  var us: Int64 = 0
  var key: String?
  var command: String?
  var paste: String?
  var cut: Bool?
  var mouse: Mouse?
  var size: [Int]?
  var background: String?
  var interrupt: Bool?

  private static let kinds: [(String, MouseEvent.Kind)] = [
    ("press", .press), ("release", .release), ("drag", .drag), ("wheel-up", .wheelUp),
    ("wheel-down", .wheelDown), ("wheel-left", .wheelLeft), ("wheel-right", .wheelRight),
  ]
  private static let buttons: [(String, MouseEvent.Button)] = [
    ("left", .left), ("middle", .middle), ("right", .right), ("none", .none),
  ]

  init?(_ action: Action) {
    switch action {
    case .key(let press): key = press.description
    case .paste(let text, let isTruncated):
      paste = text
      cut = isTruncated ? true : nil
    case .mouse(let event):
      let kind = Self.kinds.first { $0.1 == event.kind }?.0 ?? ""
      let button = Self.buttons.first { $0.1 == event.button }?.0 ?? ""
      mouse = Mouse(kind: kind, button: button, row: event.row, column: event.column)
    case .resize(let columns, let rows): size = [columns, rows]
    case .background(let appearance): background = appearance.rawValue
    case .interrupt: interrupt = true
    case .start, .tick, .closed, .run, .replied: return nil
    }
  }

  var action: Action? {
    if let key { return KeyPress(parsing: key).map(Action.key) }
    if let paste { return .paste(paste, isTruncated: cut ?? false) }
    if let mouse {
      guard let kind = Self.kinds.first(where: { $0.0 == mouse.kind })?.1,
        let button = Self.buttons.first(where: { $0.0 == mouse.button })?.1
      else { return nil }
      return .mouse(MouseEvent(kind, button: button, row: mouse.row, column: mouse.column))
    }
    if let size {
      guard size.count == 2, size.allSatisfy((1...2000).contains) else { return nil }
      return .resize(columns: size[0], rows: size[1])
    }
    if let background { return Theme.Appearance(rawValue: background).map(Action.background) }
    return interrupt == true ? .interrupt : nil
  }
}

extension Duration {
  /// Rounded down: what is recorded is what the session went by.
  var wholeMicroseconds: Int64 {
    components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000
  }

  /// Without what is shorter than a microsecond.
  var inMicroseconds: Duration { .microseconds(wholeMicroseconds) }
}
