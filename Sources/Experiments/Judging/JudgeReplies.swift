import Storage
import TensorFiles

/// Reads a judge's lines: `{"id", "verdict"}` with an optional `score` and `reason`, in any order, each id once; before
/// them, if it likes, `{"judge": NAME, "version": VERSION}`. Further keys are passed over.
package struct JudgeReplies {
  private let places: [String: Int]
  private let ids: [String]
  private var verdicts: [JudgeVerdict?]
  /// The line of each verdict, by question.
  private var lines: [Int: Int] = [:]
  private var hasBegun = false
  private(set) var name: String?
  private(set) var version: String?

  package init(_ ids: [String]) {
    self.ids = ids
    places = Dictionary(uniqueKeysWithValues: zip(ids, ids.indices))
    verdicts = Array(repeating: nil, count: ids.count)
  }

  var count: Int { lines.count }
  var isComplete: Bool { count == ids.count }

  /// - Returns: whether it holds a new verdict.
  /// - Throws: `LineCommand.Failure`, naming the line.
  package mutating func read(_ line: ArraySlice<UInt8>, _ number: Int) throws -> Bool {
    guard line.contains(where: { ![0x20, 0x09, 0x0D].contains($0) }) else { return false }
    let isFirst = !hasBegun
    hasBegun = true
    func refuse(_ message: String) -> LineCommand.Failure {
      LineCommand.Failure("line \(number): \(message)")
    }
    let value: TableValue
    do {
      value = try TableValue.json(line)
    } catch let error as TensorFileError {
      throw refuse("expected a JSON object, found no valid JSON: \(error)")
    }
    guard case .object(let fields) = value else {
      throw refuse("expected a JSON object with id and verdict, found \(value.kind)")
    }
    if fields["id"] == nil, let named = fields["judge"] {
      guard isFirst else { throw refuse("the judge's name may stand in the first line alone") }
      name = try Self.naming(named, "judge", refuse)
      version = try fields["version"].map { try Self.naming($0, "version", refuse) }
      return false
    }
    guard case .text(let id)? = fields["id"] else {
      throw refuse("expected an id that is text, found \(fields["id"]?.kind ?? "none")")
    }
    guard let place = places[id] else {
      throw refuse("expected the id of an answer, found '\(TensorFileError.printable(id))'")
    }
    if let earlier = lines[place] {
      throw refuse(
        "'\(TensorFileError.printable(id))' has a verdict already, in line \(earlier)")
    }
    verdicts[place] = JudgeVerdict(
      outcome: try Self.outcome(fields["verdict"], refuse),
      score: try Self.score(fields["score"], refuse),
      reason: try Self.reason(fields["reason"], refuse))
    lines[place] = number
    return true
  }

  /// A verdict for each question.
  ///
  /// - Throws: `LineCommand.Failure`, naming what is missing.
  package func complete() throws -> [JudgeVerdict] {
    let missing = ids.indices.filter { verdicts[$0] == nil }
    guard missing.isEmpty else {
      let named = missing.prefix(3).map { "'\(TensorFileError.printable(ids[$0]))'" }
      throw LineCommand.Failure(
        "expected a verdict on each of \(ids.count) answers, found none on \(missing.count): "
          + named.joined(separator: ", ") + (missing.count > 3 ? ", …" : ""))
    }
    return verdicts.compactMap(\.self)
  }

  private typealias Refusal = (String) -> LineCommand.Failure

  private static func naming(
    _ value: TableValue, _ key: String, _ refuse: Refusal
  ) throws -> String {
    switch value {
    case .text(let text) where !text.isEmpty && text.count <= Judge.longestName: return text
    case .number(let text) where key == "version" && text.count <= Judge.longestName: return text
    case .text:
      throw refuse("\(key): expected from 1 to \(Judge.longestName) characters")
    default: throw refuse("\(key): expected text, found \(value.kind)")
    }
  }

  private static func outcome(_ value: TableValue?, _ refuse: Refusal) throws -> Outcome {
    let words = Outcome.allCases.map(\.rawValue).joined(separator: ", ")
    guard case .text(let word)? = value else {
      throw refuse("expected a verdict of \(words); found \(value?.kind ?? "none")")
    }
    guard let outcome = Outcome(rawValue: word) else {
      throw refuse(
        "expected a verdict of \(words); found '\(TensorFileError.printable(word))'")
    }
    return outcome
  }

  private static func score(_ value: TableValue?, _ refuse: Refusal) throws -> Double? {
    switch value {
    case nil, .null?: return nil
    case .number(let text)?:
      guard let score = Double(text), score.isFinite else {
        throw refuse("score: expected a finite number, found \(TensorFileError.printable(text))")
      }
      return score
    case let other?: throw refuse("score: expected a number, found \(other.kind)")
    }
  }

  private static func reason(_ value: TableValue?, _ refuse: Refusal) throws -> String? {
    switch value {
    case nil, .null?: return nil
    case .text(let text)?:
      let longest = JudgeVerdict.longestReason
      return text.count > longest ? text.prefix(longest - 1) + "…" : text
    case let other?: throw refuse("reason: expected text, found \(other.kind)")
    }
  }
}
