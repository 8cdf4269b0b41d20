import Foundation
import Storage

extension Session {
  // MARK: - Notes

  mutating func beginNoting() {
    guard let regions, let region = regions.selected else { return }
    if case .unavailable(let reason) = notebook {
      return say(.error, "notes cannot be saved: \(reason)")
    }
    self.regions?.mode = .noting(
      NoteEditor(region: region, text: regions.annotations.notes[region] ?? ""))
  }

  mutating func runInNote(_ command: Command, _ editor: NoteEditor) -> [Effect] {
    var editor = editor
    switch command {
    case .newLine: editor.breakLine()
    case .saveNote:
      regions?.mode = .browsing
      return saveNote(editor)
    case .cancelField:
      regions?.mode = .browsing
      return []
    default: return []
    }
    regions?.mode = .noting(editor)
    return []
  }

  private mutating func saveNote(_ editor: NoteEditor) -> [Effect] {
    let text = editor.text.trimmingCharacters(in: .whitespacesAndNewlines)
    guard let regions, regions.annotations.notes[editor.region] ?? "" != text else { return [] }
    let effect = ask(
      .saveNote(regions.target, region: editor.region, text: text.isEmpty ? nil : text))
    saves[effect.id] = Save(region: editor.region, change: .note(text))
    return [effect]
  }

  // MARK: - Blind labelling

  mutating func toggleBlind() {
    guard let regions else { return }
    guard let blind = regions.blind else {
      self.regions?.blind = BlindLabelling()
      return say(
        .note, "blind: labels, counts and outcomes are hidden until you answer with l")
    }
    self.regions?.blind = nil
    say(.note, Self.summary(of: blind))
  }

  static func summary(of blind: BlindLabelling) -> String {
    guard !blind.answers.isEmpty else { return "no longer blind; nothing was answered" }
    let agreements = blind.agreements.map { agreement in
      let kappa = agreement.kappa.map { kappa in
        let interval = kappa.interval()
        return "κ \(Figures.fixed(kappa.kappa, 2)) "
          + "(95%: \(Figures.fixed(interval.lower, 2)) to \(Figures.fixed(interval.upper, 2)))"
      }
      return "with \(agreement.labeller): \(agreement.agreed) of \(agreement.count) alike, "
        + (kappa ?? "κ does not exist")
    }
    let told = agreements.isEmpty ? "none of them had a label" : agreements.joined(separator: "; ")
    return "\(Figures.count(blind.answers.count, "blind answer")) · \(told)"
  }

  /// Takes a blind answer: it is compared with the label that was there, which then shows; a region without one gets
  /// the answer as its label.
  mutating func answerBlind(_ text: String, region: Int) -> [Effect] {
    let text = text.trimmingCharacters(in: .whitespaces)
    guard !text.isEmpty, let regions else { return [] }
    let label = regions.label(of: region)
    self.regions?.blind?.add(BlindLabelling.Answer(region: region, text: text, label: label))
    guard let label else { return save(text, region: region) }
    let isSame = BlindLabelling.category(label.text) == BlindLabelling.category(text)
    say(
      isSame ? .success : .note,
      isSame ? "“\(text)”: as it is labelled" : "you said “\(text)”; it is labelled “\(label.text)”"
    )
    return []
  }

  // MARK: - The next to label

  /// What decides which region is to be labelled next.
  enum LabellingOrder {
    /// The most of them first.
    case members
    /// The least of it first.
    case coherence
    /// What the compared dictionary has least like it first.
    case drift
  }

  /// Selects the unlabelled region that comes first in an order, among those listed.
  mutating func nextUnlabelled(by order: LabellingOrder) {
    guard let regions else { return }
    if order == .drift, regions.drift == nil { return say(.note, Self.noDrift) }
    let table = regions.dictionary.table
    let open = regions.rows.map(Int.init).filter {
      regions.label(of: $0) == nil && $0 != regions.selected
    }
    func key(_ region: Int) -> Double {
      switch order {
      case .members: -Double(table.memberCounts[region])
      case .coherence: table.coherences[region]
      case .drift: regions.drift?.regions[region].nearest ?? .infinity
      }
    }
    // Equals: the earliest, because `open` may be in any order of the table.
    let best = open.min { (key($0), $0) < (key($1), $1) }
    guard let best else { return say(.note, "every region listed has a label") }
    _ = select(region: best)
    let labelled = regions.annotations.labels.entries.keys
    let covered = labelled.reduce(0) { $0 + table.memberCounts[$1] }
    let total = max(1, table.memberCounts.reduce(0, +))
    say(
      .note,
      "\(Figures.grouped(labelled.count)) of \(Figures.count(table.count, "region")) labelled, with "
        + "\(Figures.percent(Double(covered) / Double(total))) of all members")
  }
}
