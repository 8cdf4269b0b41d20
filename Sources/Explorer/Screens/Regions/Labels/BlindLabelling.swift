import Experiments
import Numerics
import Regions
import Storage

/// Labelling without seeing labels, counts and outcomes, and how well it agrees with the labels that were there.
package struct BlindLabelling: Equatable, Sendable {
  package struct Answer: Equatable, Sendable {
    package var region: Int
    package var text: String
    /// The label that was there, and whose it was; `nil` without one.
    package var label: LabelView.Entry?
    /// Whether the person says that both mean the same; `nil` where nobody was asked: spelling decides.
    package var isSame: Bool?
    /// Whether it was given before the label was seen.
    package fileprivate(set) var isBlind = true

    package init(region: Int, text: String, label: LabelView.Entry?, isSame: Bool? = nil) {
      (self.region, self.text, self.label, self.isSame) = (region, text, label, isSame)
    }

    var agrees: Bool {
      isSame ?? (BlindLabelling.category(text) == label.map { BlindLabelling.category($0.text) })
    }
  }

  /// Answers below which no κ is given: its interval would say nothing.
  package static let leastForKappa = 20

  /// What the table was sorted by before, where that told what is hidden now.
  package var sortBefore: RegionSort?

  /// The first answer to each region; a later one is no longer blind.
  package private(set) var answers: [Answer] = []

  /// Regions whose label shows, because they were answered.
  package func isRevealed(_ region: Int) -> Bool { answers.contains { $0.region == region } }

  /// What was answered first to regions whose answer was taken back after their label had shown.
  private var first: [Int: String] = [:]

  mutating func add(_ answer: Answer) {
    guard !isRevealed(answer.region) else { return }
    answers.append(answer)
    if let first = first[answer.region], Self.category(first) != Self.category(answer.text) {
      answers[answers.count - 1].isBlind = false
    }
    keptSince = 0
  }

  /// What was kept since the last answer: stars, tags and notes, which are not hidden where they are made.
  private(set) var keptSince = 0

  mutating func noteKept() { keptSince += 1 }
  mutating func takeBackKept() { keptSince -= 1 }

  /// Takes the last answer back; `nil` where there is none.
  mutating func takeBack() -> Answer? {
    let answer = answers.popLast()
    if let answer, answer.label != nil, first[answer.region] == nil {
      first[answer.region] = answer.text
    }
    return answer
  }

  /// Takes in whether an answer means the same as the label that was there.
  mutating func judge(_ region: Int, isSame: Bool) {
    guard let index = answers.firstIndex(where: { $0.region == region }) else { return }
    answers[index].isSame = isSame
  }

  /// Labels are compared without regard to case and white space at the ends.
  static func category(_ text: String) -> String {
    text.lowercased().split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }

  /// Agreement with each labeller there was: `yourself` for the person's own labels.
  package struct Agreement: Equatable, Sendable {
    package var labeller: String
    package var agreed: Int
    package var count: Int
    /// `nil` where chance alone explains all of it.
    package var kappa: CohensKappa?
  }

  package var agreements: [Agreement] {
    let labelled = answers.filter { $0.label != nil && $0.isBlind }
    let groups = Dictionary(grouping: labelled) { answer in
      answer.label?.origin == .own
        ? "yourself" : answer.label?.author ?? answer.label?.origin.rawValue ?? ""
    }
    return groups.sorted { $0.key < $1.key }.map { labeller, answers in
      let own = answers.map { Self.category($0.agrees ? $0.label?.text ?? "" : $0.text) }
      let theirs = answers.map { Self.category($0.label?.text ?? "") }
      return Agreement(
        labeller: labeller, agreed: answers.count(where: \.agrees), count: answers.count,
        kappa: CohensKappa(own, theirs))
    }
  }
}

/// A note of several lines being written.
package struct NoteEditor: Equatable, Sendable {
  package var region: Int
  package private(set) var lines: [TextField]
  package private(set) var row: Int

  init(region: Int, text: String) {
    self.region = region
    lines = text.split(separator: "\n", omittingEmptySubsequences: false).map {
      TextField(String($0))
    }
    if lines.isEmpty { lines = [TextField()] }
    row = lines.count - 1
  }

  package var text: String { lines.map(\.text).joined(separator: "\n") }

  var field: TextField {
    get { lines[row] }
    set { lines[row] = newValue }
  }

  /// Inserts text that may have line breaks, as pasted.
  mutating func insert(_ text: String) {
    for (index, part) in text.split(
      omittingEmptySubsequences: false, whereSeparator: \.isNewline
    ).enumerated() {
      if index > 0 { breakLine() }
      lines[row].insert(part)
    }
  }

  mutating func breakLine() {
    let (before, after) = lines[row].halves
    var rest = TextField(after)
    _ = rest.apply(.cursorToStart)
    lines[row] = TextField(before)
    lines.insert(rest, at: row + 1)
    row += 1
  }

  /// Editing across lines; false for what a single line does.
  mutating func apply(_ command: Command) -> Bool {
    switch command {
    case .nextChoice: row = min(row + 1, lines.count - 1)
    case .previousChoice: row = max(row - 1, 0)
    case .deleteBackward where lines[row].cursor == 0 && row > 0:
      let rest = lines.remove(at: row).text
      row -= 1
      let joined = lines[row].text
      lines[row] = TextField(joined)
      let length = lines[row].characters.count
      lines[row].insert(rest)
      while lines[row].cursor > length { _ = lines[row].apply(.cursorLeft) }
    default: return false
    }
    return true
  }
}

extension TextField {
  /// The text before the cursor, and from it on.
  var halves: (String, String) {
    (String(characters[..<cursor]), String(characters[cursor...]))
  }
}
