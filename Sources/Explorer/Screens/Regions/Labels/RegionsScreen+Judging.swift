import Foundation
import Regions
import Storage

extension RegionsScreen {
  // MARK: - Notes

  mutating func beginNoting(in session: inout Session) {
    guard let region = selected else { return }
    if let reason = session.notebookProblem {
      return session.say(.error, "notes cannot be saved: \(reason)")
    }
    mode = .noting(
      NoteEditor(region: region, text: annotations.notes[region] ?? ""))
  }

  mutating func runInNote(_ command: Command, _ editor: NoteEditor, in session: inout Session)
    -> [Effect]
  {
    var editor = editor
    switch command {
    case .newLine: editor.breakLine()
    case .saveNote:
      mode = .browsing
      return saveNote(editor, in: &session)
    case .cancelField:
      mode = .browsing
      if editor.text != annotations.notes[editor.region] ?? "" {
        session.say(.note, "the note is as it was")
      }
      return []
    default: return []
    }
    mode = .noting(editor)
    return []
  }

  private mutating func saveNote(_ editor: NoteEditor, in session: inout Session) -> [Effect] {
    let text = editor.text.trimmingCharacters(in: .whitespacesAndNewlines)
    guard annotations.notes[editor.region] ?? "" != text else { return [] }
    blind?.noteKept()
    return session.keep(
      .note(text), of: editor.region,
      by: .saveNote(target, region: editor.region, text: text.isEmpty ? nil : text))
  }

  // MARK: - Blind labelling

  mutating func toggleBlind(in session: inout Session) {
    guard let blind = self.blind else {
      self.blind = BlindLabelling()
      hideOrder(in: &session)
      return session.say(
        .note, "blind: labels, counts and outcomes are hidden until you answer with l")
    }
    self.blind = nil
    if let before = blind.sortBefore {
      sort = before
      reorder()
      showCursor(in: session)
    }
    session.say(.note, Self.summary(of: blind))
  }

  /// An order or a filter by what is hidden would tell it.
  private mutating func hideOrder(in session: inout Session) {
    if [.label, .tag, .star].contains(sort.column) || sort.column.column?.isHiddenWhenBlind == true
    {
      blind?.sortBefore = sort
      sort = RegionSort(.id)
      reorder()
      showCursor(in: session)
    }
    if let filter, isRevealing(filter.filter) { clearFilter(in: session) }
  }

  /// Whether a filter asks about what labelling blind keeps from sight.
  func isRevealing(_ filter: RegionFilter) -> Bool {
    guard blind != nil else { return false }
    let written: Set<RegionField> = [.label, .tag, .note, .origin, .stars]
    return !filter.fields.isDisjoint(with: written)
      || columns(of: filter).contains { $0.isHiddenWhenBlind }
  }

  static let hiddenOrder = "kept from sight while you label blind"

  static func summary(of blind: BlindLabelling) -> String {
    guard !blind.answers.isEmpty else { return "no longer blind; nothing was answered" }
    let agreements = blind.agreements.map { agreement in
      let kappa = agreement.kappa.map { kappa in
        let interval = kappa.interval()
        return "κ \(Figures.fixed(kappa.kappa, 2)) "
          + "(95%: \(Figures.fixed(interval.lower, 2)) to \(Figures.fixed(interval.upper, 2)))"
      }
      return "with \(agreement.labeller): \(agreement.agreed) of \(agreement.count) alike, "
        + (agreement.count < BlindLabelling.leastForKappa
          ? "κ is given from \(BlindLabelling.leastForKappa) on" : kappa ?? "κ does not exist")
    }
    let seen = blind.answers.count { !$0.isBlind }
    let agreement =
      agreements.isEmpty
      ? "none of \(seen == 0 ? "them" : "those that count") had a label"
      : agreements.joined(separator: "; ")
    return "\(Figures.count(blind.answers.count, "blind answer")) · \(agreement)"
      + (seen > 0 ? "; \(seen) changed after the label had shown, not counted" : "")
  }

  /// Takes a blind answer: it is compared with the label that was there, which then shows; a region without one gets
  /// the answer as its label.
  mutating func answerBlind(_ text: String, region: Int, in session: inout Session) -> [Effect] {
    let text = text.trimmingCharacters(in: .whitespaces)
    guard !text.isEmpty else { return [] }
    let label = self.label(of: region)
    blind?.add(BlindLabelling.Answer(region: region, text: text, label: label))
    guard let label else { return save(text, region: region, in: &session) }
    let isSame = BlindLabelling.category(label.text) == BlindLabelling.category(text)
    session.say(
      isSame ? .success : .note,
      isSame
        ? "“\(text)”: as it is labelled\(overWords(in: session))"
        : "you said “\(text)”; it is labelled “\(label.text)”")
    if !isSame {
      session.present(
        .question(
          .ofScreen(
            ScreenQuestion(
              title: "The same?",
              texts: [
                "Do both mean the same of region \(region)?", "you: \(text)",
                "there: \(label.text)", "y they do, n they do not; Esc goes back to what you typed",
              ], region: region))))
    }
    return []
  }

  /// Takes in whether the last answer means what the label says; without a word about it the answer is typed again.
  mutating func takeSameness(_ isSame: Bool?, of region: Int, in session: inout Session) {
    if let isSame {
      blind?.judge(region, isSame: isSame)
      let over = overWords(in: session)
      if !over.isEmpty {
        session.say(.success, "they \(isSame ? "mean the same" : "differ")\(over)")
      }
      return
    }
    guard let answer = blind?.takeBack() else { return }
    label(region, beginningWith: answer.text, in: session)
    showCursor(in: session)
  }

  /// Whether every region listed has a blind answer.
  var isBlindOver: Bool {
    guard let blind, !rows.isEmpty else { return false }
    return rows.allSatisfy { blind.isRevealed(Int($0)) }
  }

  /// Behind what is said of the last answer of a round: that it was the last, and what came of all.
  private func overWords(in session: Session) -> String {
    guard let blind, isBlindOver else { return "" }
    return " · that was the last one listed: \(Self.summary(of: blind)) · "
      + "\(session.key(.blind, in: .regions)) ends blind labelling"
  }

  /// Undoing while blind: the person's own last step. What was done before is out of sight, and so stays as it is.
  mutating func undoBlind(in session: inout Session) -> [Effect] {
    if blind?.keptSince ?? 0 > 0 {
      blind?.takeBackKept()
      return shift(.undo, in: &session)
    }
    guard let answer = blind?.takeBack() else {
      session.say(.note, "nothing was answered yet; what was done before is \(Self.hiddenOrder)")
      return []
    }
    session.say(.success, "the blind answer to region \(answer.region) is taken back")
    return answer.label == nil ? save("", region: answer.region, in: &session) : []
  }

  // MARK: - The next to label

  /// What decides which region is to be labelled next.
  enum LabellingOrder {
    /// As on the screen: from the selected one down, and from the top again.
    case listed
    /// The least of it first.
    case coherence
    /// What the compared dictionary has least like it first.
    case drift
  }

  /// Whether a region is still to be labelled: blind, to be answered, whatever label is hidden.
  private func isOpen(_ region: Int) -> Bool {
    blind.map { !$0.isRevealed(region) } ?? (label(of: region) == nil)
  }

  /// The next region of the table to be labelled, from the top again after the last.
  private var nextOpen: Int? {
    let (after, before) = (rows.dropFirst(cursor + 1), rows.prefix(cursor))
    return (Array(after) + before).lazy.map(Int.init).first(where: isOpen)
  }

  /// Selects the unlabelled region that comes first in an order, among those listed.
  mutating func nextUnlabelled(by order: LabellingOrder, in session: inout Session) {
    if order == .drift, drift == nil { return session.say(.note, Self.noDrift) }
    let table = dictionary.table
    let open = rows.map(Int.init).filter {
      isOpen($0) && $0 != selected
    }
    func key(_ region: Int) -> Double {
      switch order {
      case .listed: 0
      case .coherence: table.coherences[region]
      case .drift: drift?.regions[region].nearest ?? .infinity
      }
    }
    // Equals: the earliest, because `open` may be in any order of the table.
    let best =
      order == .listed
      ? nextOpen : open.min { (key($0), $0) < (key($1), $1) }
    guard let best else {
      let key = session.key(.blind, in: .regions)
      return session.say(
        .note,
        blind == nil
          ? "every region listed has a label"
          : "every region listed has an answer; \(key) says how they agree")
    }
    _ = select(region: best, in: session)
    let labelled = annotations.labels.entries.keys
    let covered = labelled.reduce(0) { $0 + table.memberCounts[$1] }
    let total = max(1, table.memberCounts.reduce(0, +))
    session.say(
      .note,
      "\(Figures.grouped(labelled.count)) of \(Figures.count(table.count, "region")) labelled, with "
        + "\(Figures.percent(Double(covered) / Double(total))) of all members")
  }
}
